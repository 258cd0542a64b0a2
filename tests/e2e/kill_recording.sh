#!/usr/bin/env bash
# kill -9 in the middle of a recording: all but the last second is there, and doctor --repair finishes the meeting.
set -euo pipefail
cd "$(dirname "$0")/../.."
moim=$(realpath "${MOIM:-build/moim}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_DATA_HOME=$dir
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
die() { echo "FAIL: $*" >&2; exit 1; }
field() { "$moim" list --json | python3 -c "import json,sys; print(json.load(sys.stdin)[0]['$1'])"; }

"$moim" record --from "$models/samples/two_cities.wav" --no-captions --no-process >"$dir/out" 2>&1 &
pid=$!
start=$(date +%s.%N)
sleep 3
"$moim" doctor --repair >"$dir/doctor" 2>&1 && die "doctor found nothing while a recording was running"
grep -q 'is being recorded' "$dir/doctor" || die "doctor touched a running recording: $(cat "$dir/doctor")"
sleep 2
killed=$(date +%s.%N)
kill -9 $pid
wait $pid 2>/dev/null || true
[ "$(field state)" = recorded ] || die "the meeting is not there"
"$moim" doctor --repair >"$dir/doctor" || die "doctor --repair failed: $(cat "$dir/doctor")"
[ "$(field state)" = summarized ] || die "the meeting was not finished"
python3 - "$(field duration_s)" "$start" "$killed" <<'P' || die "too much was lost"
import sys
kept, start, killed = map(float, sys.argv[1:])
print(f"recorded for {killed - start:.2f} s, kept {kept:.2f} s")
assert killed - start - 1.5 < kept < killed - start + 0.5  # half a second of the 1.5 is the program's start
P
"$moim" show 1 | grep -qi 'best of times' || die "the transcript is missing"
"$moim" doctor >/dev/null || die "doctor is not content afterwards"
sqlite3 "$dir/moim/moim.db" 'pragma integrity_check' | grep -qx ok || die "the store is damaged"
echo "kill -9: all well"
