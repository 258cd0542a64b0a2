#!/usr/bin/env bash
# kill -9 and power cuts in the middle of recording and processing (a short run of tests/torture), and a recording at work is left alone.
. "$(dirname "$0")/common.bash"
trap 'kill -9 $pid 2>/dev/null || true; rm -rf "$dir"' EXIT

export XDG_DATA_HOME=$dir
"$moim" record --from "$models/samples/two_cities.wav" --no-captions --no-process >"$dir/out" 2>&1 &
pid=$!
for _ in $(seq 6000); do [ -s "$(ls "$dir"/moim/audio/rec-*.flac 2>/dev/null | head -1)" ] && break; sleep 0.05; done
"$moim" doctor --repair --quick >"$dir/doctor" 2>&1 && die "doctor found nothing while a recording was running"
grep -q 'is being recorded' "$dir/doctor" || die "doctor touched a running recording: $(cat "$dir/doctor")"
"$moim" delete 1 2>"$dir/delete" && die "a running recording was deleted"
grep -q 'is being recorded' "$dir/delete" || die "delete: $(cat "$dir/delete")"
kill -9 $pid
unset XDG_DATA_HOME
tests/torture/kill9.py --record 6 --process 3 --seed 3
echo "kill -9: all well"
