#!/usr/bin/env bash
# A disk that fills up while a recording runs: it stops by itself before the last byte, says so in one line, keeps all it has,
# and the store still opens. Needs a tmpfs of its own (root); without the right to mount it is skipped (77).
set -euo pipefail
cd "$(dirname "$0")/../.."
moim=$(realpath "${MOIM:-build/moim}")
dir=$(mktemp -d)
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
die() { echo "FAIL: $*" >&2; exit 1; }
mount -t tmpfs -o size=72m tmpfs "$dir" 2>/dev/null || { rmdir "$dir"; echo "no right to mount a tmpfs"; exit 77; }
trap 'umount "$dir"; rmdir "$dir"' EXIT
export XDG_DATA_HOME=$dir
"$moim" record --from "$models/samples/two_cities.wav" --no-captions --no-process >"$dir/out" 2>"$dir/err" &
pid=$!
seconds() { sox "$dir"/moim/audio/rec-*.flac -n stat 2>&1 | awk '/^Length/ {s = $3} END {print int(s * 10)}'; }
for _ in $(seq 6000); do [ "$(seconds)" -lt 30 ] || break; sleep 0.1; done
head -c 12M /dev/zero >"$dir/filler"
rc=0; wait $pid || rc=$? # of a recording that went on to the end of its file: 0
[ $rc -eq 74 ] || [ $rc -eq 73 ] || die "exit $rc: $(cat "$dir/err")"
grep -q 'left on the disk; the recording stopped and is kept' "$dir/err" || die "not said: $(cat "$dir/err")"
[ "$(seconds)" -ge 30 ] || die "the recording was not kept: $(seconds)"
"$moim" list --json | python3 -c 'import json, sys; m = json.load(sys.stdin); assert len(m) == 1 and m[0]["duration_s"] >= 3, m' ||
    die "the meeting is not in the store"
# With not a byte left nothing new begins, and what there is stays readable.
head -c 200M /dev/zero >"$dir/more" 2>/dev/null || true
"$moim" record --from "$models/samples/two_cities.wav" --no-captions --no-process >/dev/null 2>"$dir/moim/err2" && die "recorded into a full disk"
"$moim" list --json | grep >/dev/null '"id"' || die "the store does not open on a full disk"
"$moim" import "$models/samples/beckett.wav" >/dev/null 2>&1 && die "imported into a full disk"
rm "$dir/more" "$dir/filler"
[ "$(sqlite3 "$dir/moim/moim.db" 'pragma integrity_check; select count(*) from meetings' | tr '\n' ' ')" = 'ok 1 ' ] ||
    die "the store changed: $(sqlite3 "$dir/moim/moim.db" 'select * from meetings')"
[ "$(ls "$dir"/moim/audio/*.flac | wc -l)" = 1 ] || die "files were left behind: $(ls "$dir"/moim/audio)"
rm -rf "$dir/moim" "$dir/out" "$dir/err"
mount -o remount,size=640m "$dir" # the daemon begins a recording only where some hundred megabytes are left
MOIM=$moim MOIM_MODELS=$models python3 tests/torture/full_disk.py "$dir"
echo "full disk: all well"
