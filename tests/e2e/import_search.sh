#!/usr/bin/env bash
# The main job on a real recording: import, list, show, search, export in every form, edit, delete; nothing left behind.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME=$dir
sample=$models/samples/two_cities.wav

id=$("$moim" import --lang en --minutes-model qwen-0.5b "$sample")
[[ $id =~ ^[0-9]+$ ]] || die "import printed '$id', not an id alone"
[ "$(stat -c %a "$dir/moim/moim.db")" = 600 ] || die "the store is not private"

"$moim" list --json >"$dir/list.json"
python3 - "$dir/list.json" "$id" <<'P' || die "list --json"
import json, sys
m = json.load(open(sys.argv[1]))[0]
assert m["id"] == int(sys.argv[2]) and m["state"] == "summarized" and m["language"] == "en", m
assert m["title"] and m["started_at"] and abs(m["duration_s"] - 44.4) < 1, m
P

"$moim" show "$id" | tee "$dir/show.txt" | grep >/dev/null '\[0:0' || die "show has no times"
for words in 'best of times' 'age of wisdom' 'season of light'; do
    grep -qi "$words" "$dir/show.txt" || die "the transcript lacks '$words'"
done
"$moim" minutes "$id" --json >"$dir/minutes.json"
python3 - "$dir/minutes.json" <<'P' || die "minutes --json"
import json, sys
m = json.load(open(sys.argv[1]))
assert m["title"] and m["summary"], m
for s in m["summary"]:
    assert s["evidence"], s
P
"$moim" search wisdom | grep -i >/dev/null wisdom || die "search finds nothing"
"$moim" search isdo | grep -i >/dev/null wisdom || die "search inside a word finds nothing"
[ -z "$("$moim" search zebra)" ] || die "search finds what was never said"

for f in md txt srt vtt json html docx hwpx pdf csv ics obsidian; do
    "$moim" export "$id" --format $f --output "$dir/out.$f" || die "export $f"
    [ -s "$dir/out.$f" ] || die "export $f wrote nothing"
done
python3 -m json.tool "$dir/out.json" >/dev/null || die "exported JSON does not parse"
head -n 1 "$dir/out.vtt" | grep >/dev/null '^WEBVTT' || die "not WebVTT"
grep -qE '^00:00:[0-9]{2},[0-9]{3} --> ' "$dir/out.srt" || die "no SubRip times"
unzip -tq "$dir/out.docx" >/dev/null || die "docx is no zip"

"$moim" delete "$id" 2>"$dir/err"
grep -q 'trash --restore' "$dir/err" || die "nobody says where it went: $(cat "$dir/err")"
[ -z "$("$moim" list)" ] && [ -z "$("$moim" search wisdom)" ] || die "what is in the trash is still listed or found"
"$moim" trash | grep -q "^ *$id " || die "it is not in the trash"
"$moim" trash --restore "$id"
"$moim" search wisdom | grep -qi wisdom || die "it did not come back"
"$moim" delete --quiet "$id"
sqlite3 "$dir/moim/moim.db" 'UPDATE meetings SET trashed_at = trashed_at - 31 * 86400'
"$moim" trash >"$dir/trash"
[ -z "$("$moim" trash)" ] && [ -z "$(find "$dir/moim/audio" -type f 2>/dev/null)" ] || die "thirty days are over and it is still there: $(cat "$dir/trash")"
id=$("$moim" import --no-process "$sample")
"$moim" delete --for-good "$id" 2>"$dir/err"
[ ! -s "$dir/err" ] && [ -z "$("$moim" trash)" ] || die "not deleted for good: $(cat "$dir/err")"
[ "$("$moim" list --json)" = '[]' ] || [ -z "$("$moim" list)" ] || die "the meeting is still listed"
[ -z "$(find "$dir/moim/audio" -type f 2>/dev/null)" ] || die "audio was left behind"
grep -rqi 'age of wisdom' "$dir/moim" && die "deleted words are still in the store's files"
echo "main job: all well"
