#!/bin/bash
# Names from outside: files called in CP949 or with control characters, titles and names of any length, junk that an
# older program stored. Lists, exports and the terminal stay valid; dates are those of this device.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME="$dir" LC_ALL=C.UTF-8 TZ=Asia/Seoul
valid() { python3 -c '
import json, sys
b = sys.stdin.buffer.read(); t = b.decode()
if sys.argv[1] == "json": json.loads(t)
bad = [c for c in t if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160]
assert not bad, bad' "$1"; }

printf 'Kim: hello there, all\n' >"$dir"/plain.txt
cp "$dir"/plain.txt "$dir/$(printf '\310\270\300\307').txt"          # 회의 in CP949
cp "$dir"/plain.txt "$dir/$(printf 'a\033]0;owned\007b\nc').txt"
cp "$dir"/plain.txt "$dir/$(printf 'x\377y').txt"
for f in "$dir"/*.txt; do "$moim" import "$f" --no-minutes >"$dir"/id 2>"$dir"/said || { cat "$dir"/said; exit 1; }; valid text <"$dir"/said; done
"$moim" list --json | valid json
"$moim" list | valid text
[ "$("$moim" list | wc -l)" -eq 4 ]
"$moim" list | grep -q '회의$'
"$moim" list | grep -qF 'x\xffy'
# Of a file that is not there, too.
"$moim" import "$dir/$(printf '\033[2Jgone').wav" 2>"$dir"/said && exit 1
valid text <"$dir"/said

# What an older program stored.
sqlite3 "$dir"/moim/moim.db "UPDATE meetings SET title = 'a' || char(27) || '[31m' || char(10) || 'b' || CAST(x'c8b8c0c7' AS TEXT) WHERE id = 1;
  UPDATE meetings SET started_at = 1767223800 WHERE id = 1" # 2025-12-31T23:30Z is 08:30 of the next year in Seoul
"$moim" list --json | valid json
"$moim" list | valid text
[ "$("$moim" list | wc -l)" -eq 4 ]
for f in txt md srt vtt json html; do "$moim" export 1 --format $f | valid $f; done

# The day is this device's, in every form that a reader gets; programs get UTC.
for f in md html; do "$moim" export 1 --format $f | grep -q '2026-01-01 08:30'; done
"$moim" export 1 --format docx --output "$dir"/m.docx
unzip -p "$dir"/m.docx word/document.xml | grep -q '2026-01-01 08:30'
"$moim" export 1 --format json | grep -q '2025-12-31T23:30:00Z'
"$moim" list | grep -q '2026-01-01 08:30'

# A long name is never cut.
name=$(python3 -c 'print("가나다라" * 60)')
"$moim" speakers 1 name 1 "$name"
"$moim" speakers 1 | grep -qF "$name"
for f in txt md json html; do "$moim" export 1 --format $f | grep -qF "$name" || { echo "cut in $f"; exit 1; }; done
for f in srt vtt; do [ "$("$moim" export 1 --format $f | grep -o '가나다라' | wc -l)" -gt 50 ]; "$moim" export 1 --format $f | valid $f; done
"$moim" export 1 --format docx --output "$dir"/m.docx && unzip -p "$dir"/m.docx word/document.xml | grep -qF "$name"
"$moim" search hello --json | grep -qF "$name"
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"show_meeting","arguments":{"id":1}}}' | "$moim" mcp | tee "$dir"/mcp | valid json

# Subtitles in CP949, as many Korean ones are.
printf '1\n00:00:01,000 --> 00:00:02,000\n\276\310\263\347\n' >"$dir"/s.srt
id=$("$moim" import "$dir"/s.srt --no-minutes)
"$moim" show "$id" | grep -q '안녕'
# What cannot be read is said with its line, and nothing is stored.
printf '1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:xx --> 00:00:03,000\ntwo\n' >"$dir"/bad.srt
"$moim" import "$dir"/bad.srt 2>"$dir"/said && exit 1
grep -q 'bad.srt: line 5:' "$dir"/said
