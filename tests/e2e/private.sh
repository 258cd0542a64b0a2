#!/usr/bin/env bash
# Whatever the user's umask: every file, directory and socket that the program creates is its user's alone, looked for while it is at
# work and after it.
. "$(dirname "$0")/common.bash"
trap 'kill $daemon $record $watch 2>/dev/null || true; rm -rf "$dir"' EXIT
daemon= record= watch=
look() { python3 tests/e2e/private.py "$dir/data" || die "$1"; }
umask 0
mkdir -m 700 "$dir/data"
export XDG_DATA_HOME=$dir/data
mkdir "$dir/models"
printf 'Kim: one\nLee: two\n' >"$dir/t.txt"
sox "$models/samples/two_cities.wav" "$dir/two.wav" trim 0 2

# Something that is there for a moment only is seen by looking all the time.
(while [ ! -e "$dir/enough" ]; do python3 tests/e2e/private.py "$dir/data" 2>>"$dir/seen" || true; done) &
watch=$!

export MOIM_MODELS=$dir/models
"$moim" import "$dir/t.txt" --no-process >/dev/null
"$moim" import "$dir/two.wav" --no-process >/dev/null
"$moim" record --from "$models/samples/two_cities.wav" --no-captions --no-process >"$dir/out" 2>&1 &
record=$!
for _ in $(seq 6000); do [ -S "$dir/data/moim/audio/live.sock" ] && break; sleep 0.05; done
"$moim" bookmark now here >/dev/null || die "no bookmark: $(cat "$dir/out")"
look "while recording"
kill -INT $record; wait $record || true; record=
"$moim" serve --port 0 --token --from "$models/samples/two_cities.wav" --hardware sim:"$dir/data/moim/sim.sock" >"$dir/address" 2>"$dir/log" &
daemon=$!
for _ in $(seq 6000); do [ -s "$dir/address" ] && break; sleep 0.05; done
url=$(head -1 "$dir/address")
token=$("$moim" pair --token)
ask() { curl -sf -H "Authorization: Bearer $token" -H 'X-Moim: 1' "$@"; }
ask -X POST -H 'Content-Type: application/json' -d '{"captions": false}' "${url}api/v1/recording" >/dev/null || die "no recording: $(cat "$dir/log")"
ask --data-binary @"$dir/two.wav" -H 'Content-Type: audio/wav' "${url}api/v1/meetings?name=two.wav" >/dev/null || die "no upload"
ask "${url}api/v1/meetings/1/export?format=docx" >"$dir/x.docx" || die "no export"
look "while the daemon is at work"
ask -X POST -H 'Content-Type: application/json' -d '{}' "${url}api/v1/recording/stop" >/dev/null || die "no end"
"$moim" pair >/dev/null
"$moim" backup "$dir/data/backup.zip"
for format in txt md html docx json; do "$moim" export 1 --format $format --output "$dir/data/export.$format"; done
"$moim" export 2 --with-audio --output "$dir/data/both.zip"
"$moim" delete --for-good 3
kill $daemon; wait $daemon || true; daemon=
"$moim" restore "$dir/data/backup.zip" --db "$dir/data/elsewhere/moim.db"
"$moim" doctor --quick --repair >/dev/null 2>&1 || true # models are missing
look "at the end"
touch "$dir/enough"; wait $watch; watch=
[ ! -s "$dir/seen" ] || die "for a moment: $(sort -u "$dir/seen")"
[ -f "$dir/data/export.html" ] && [ -f "$dir/data/moim/moim.db.meetings-lock" ] && [ -f "$dir/data/elsewhere/moim.db" ] || die "nothing was looked at"
echo "private: all well"
