#!/usr/bin/env bash
# Handing a meeting over: one sealed file that another store opens, exports without sounds of hesitation.
. "$(dirname "$0")/common.bash"
mkdir -p "$dir/models" "$dir/moim/audio" "$dir/other"
export XDG_DATA_HOME=$dir XDG_CONFIG_HOME=$dir/config MOIM_MODELS=$dir/models
db=$dir/moim/moim.db

cat >"$dir/m.json" <<'J'
{"title": "예산 <1차>", "date": "2026-03-04", "language": "ko", "turns": [
 {"speaker": "김부장", "text": "음 예산은 어 백만 원으로 정하겠습니다."},
 {"speaker": "이서연", "text": "음..."},
 {"speaker": "이서연", "text": "네 김부장님 번호는 010-1234-5678 입니다."}]}
J
id=$("$moim" import --no-minutes "$dir/m.json")
ffmpeg -v error -f lavfi -i 'sine=frequency=300:duration=14' -ar 16000 -ac 1 -c:a flac "$dir/moim/audio/a.flac"
sqlite3 "$db" "UPDATE meetings SET audio = 'a.flac', state = 4, duration = 14 WHERE id = $id;
  INSERT INTO minutes(meeting, model, template, created_at) VALUES($id, 'm', 'plain', 1);
  INSERT INTO items(minutes, kind, text, owner, due_text, due_date) SELECT max(id), 'action', '비율을 정함', '김부장', '수요일', '2026-03-11' FROM minutes;
  INSERT INTO evidence SELECT max(i.id), (SELECT min(id) FROM segments) FROM items i;
  INSERT INTO evidence SELECT max(i.id), (SELECT min(id) + 1 FROM segments) FROM items i;
  INSERT INTO bookmarks(meeting, at, note) VALUES($id, 3, '중요')"

# Without hesitation: the words, a line that was nothing else, and links to it.
"$moim" export "$id" --format txt --clean >"$dir/clean.txt"
grep -q '\] 김부장: 예산은 백만 원으로 정하겠습니다.$' "$dir/clean.txt" && [ "$(grep -c '^\[' "$dir/clean.txt")" = 3 ] || die "not clean: $(cat "$dir/clean.txt")"
"$moim" export "$id" --format html --clean | grep -q '#s2' && die "a link to a line that was left out"
"$moim" export "$id" --format txt | grep -q '음 예산은 어' || die "the store lost what was said"

# One sealed file, and opened again by another store: everything but the numbers.
echo 'correct horse' >"$dir/pass"
echo 'wrong' >"$dir/wrong"
"$moim" export "$id" --passphrase-file "$dir/pass" --with-audio --output "$dir/m.moim"
! grep -aq '예산\|fLaC\|meeting.json' "$dir/m.moim" || die "the shared file is open"
[ "$(stat -c %a "$dir/m.moim")" = 600 ] && [ "$(ls "$dir/moim/audio")" = a.flac ] || die "left behind: $(ls -l "$dir/moim/audio")"
export XDG_DATA_HOME=$dir/other
for _ in 1 2; do "$moim" import --no-process "$dir/m.json" >/dev/null; done # so that numbers differ
! "$moim" import --no-process "$dir/m.moim" 2>"$dir/err" && grep -q 'passphrase' "$dir/err" || die "opened without a passphrase"
! "$moim" import --no-process --passphrase-file "$dir/wrong" "$dir/m.moim" 2>"$dir/err" && grep -q 'passphrase' "$dir/err" || die "opened with a wrong passphrase"
head -c 3000 "$dir/m.moim" >"$dir/cut.moim"
! "$moim" import --no-process --passphrase-file "$dir/pass" "$dir/cut.moim" 2>/dev/null || die "a cut file"
[ -z "$(ls "$dir/other/moim/audio" 2>/dev/null)" ] || die "a refused file left $(ls "$dir/other/moim/audio")"
new=$("$moim" import --no-process --passphrase-file "$dir/pass" "$dir/m.moim")
"$moim" doctor --quick >"$dir/doctor" 2>&1 || grep -q 'PROBLEM' "$dir/doctor" # models are missing here
! grep -E '^(store|audio) +PROBLEM' "$dir/doctor" || die "doctor: $(cat "$dir/doctor")"
XDG_DATA_HOME=$dir "$moim" export "$id" --format json >"$dir/a.json"
"$moim" export "$new" --format json >"$dir/b.json"
python3 - "$dir" <<'P' || die "another meeting came out"
import json, sys
a, b = (json.load(open(f"{sys.argv[1]}/{f}.json")) for f in "ab")
assert a["id"] != b["id"]
lines = {s["id"]: k for k, s in enumerate(a["segments"])}, {s["id"]: k for k, s in enumerate(b["segments"])}
for d, own in zip((a, b), lines):
    d.pop("id")
    for s in d["segments"] + d["bookmarks"]:
        s.pop("id")
    for x in d["minutes"]["actions"]:
        x["evidence"] = [own[e] for e in x["evidence"]]
assert a == b, (a, b)
P
ffmpeg -v error -i "$dir/moim/audio/a.flac" -f s16le "$dir/a.raw"
ffmpeg -v error -i "$dir"/other/moim/audio/*.flac -f s16le "$dir/b.raw"
cmp "$dir/a.raw" "$dir/b.raw" || die "other sound"

# A sealed file that is another: a backup, or nothing of ours.
"$moim" backup --passphrase-file "$dir/pass" "$dir/all.sealed"
! "$moim" import --no-process --passphrase-file "$dir/pass" "$dir/all.sealed" 2>"$dir/err" && [ "$(wc -l <"$dir/err")" = 1 ] || die "a backup taken for a meeting"
[ "$("$moim" list | wc -l)" = 3 ] && [ "$(ls "$dir/other/moim/audio" | wc -l)" = 1 ] || die "left: $(ls "$dir/other/moim/audio")"
echo "handing over: all well"
