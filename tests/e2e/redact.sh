#!/usr/bin/env bash
# What must not go on is gone from a redacted copy, in words, minutes, marks, exports and sound; replacing is a correction.
set -euo pipefail
cd "$(dirname "$0")/../.."
moim=$(realpath "${MOIM:-build/moim}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/models" "$dir/moim/audio"
export XDG_DATA_HOME=$dir XDG_CONFIG_HOME=$dir/config MOIM_MODELS=$dir/models
db=$dir/moim/moim.db
die() { echo "FAIL: $*" >&2; exit 1; }

# Three lines with words' times over a tone, a fourth that has none of its own.
python3 - "$dir" <<'P'
import json, sys
t = lambda s, a: [dict(text=w, start=a + i, end=a + i + 0.5, confidence=1) for i, w in enumerate(s.split())]
line = lambda who, s, a: dict(speaker=who, start=a, end=a + len(s.split()), text=s, words=t(s, a))
json.dump(dict(title="박민수 면담", date="2026-03-04", language="ko", turns=[
    line("박민수", "저는 박민수이고 번호는 010-1234-5678 입니다", 0), line("이서연", "네 민수씨 이천 만 원은 비밀입니다", 6),
    line("이서연", "Acme 건은 다음 주에 봅시다", 14), dict(speaker="박민수", start=20, end=24, text="ACME와 계약한 박민수")]), open(f"{sys.argv[1]}/m.json", "w"))
P
id=$("$moim" import --no-minutes "$dir/m.json")
ffmpeg -v error -f lavfi -i 'sine=frequency=300:duration=26' -ar 16000 -ac 1 -c:a flac "$dir/moim/audio/a.flac"
python3 - "$dir" "$db" "$id" <<'P'
import json, sqlite3, sys
d, db, id = sys.argv[1:]
c = sqlite3.connect(db)
for row, turn in zip(c.execute("SELECT id FROM segments WHERE meeting = ? ORDER BY start", (id,)).fetchall(), json.load(open(f"{d}/m.json"))["turns"]):
    c.execute("UPDATE segments SET words = ?, start = ?, \"end\" = ? WHERE id = ?", (json.dumps([[w["start"], w["end"], 1, w["text"]] for w in turn.get("words", [])]), turn["start"], turn["end"], row[0]))
c.execute("UPDATE meetings SET audio = 'a.flac', state = 4, duration = 26 WHERE id = ?", (id,))
c.execute("INSERT INTO minutes(meeting, model, template, created_at) VALUES(?, 'm', 'plain', 1)", (id,))
m = c.execute("SELECT max(id) FROM minutes").fetchone()[0]
for k, (kind, text, owner) in enumerate((("summary", "박민수의 번호를 적었다.", ""), ("decision", "비밀로 한다.", ""), ("action", "Acme에 전화", "박민수"))):
    c.execute("INSERT INTO items(minutes, kind, text, owner) VALUES(?, ?, ?, ?)", (m, kind, text, owner))
    c.execute("INSERT INTO evidence SELECT max(i.id), (SELECT min(id) + ? FROM segments) FROM items i", (k,))
c.execute("INSERT INTO bookmarks(meeting, at, note) VALUES(?, 3, '박민수 번호')", (id,))
c.commit()
P
before=$("$moim" export "$id" --format json | sha256sum)

# The stretches of a recording that are loud.
loud() {
    ffmpeg -v error -i "$1" -f f32le - | python3 -c '
import array, sys
a = array.array("f", sys.stdin.buffer.read())
on = [max(map(abs, a[i:i + 800])) > 0.01 for i in range(0, len(a), 800)]
print(len(a) // 16000, *("%.2f-%.2f" % (i / 20, next((k for k in range(i, len(on)) if not on[k]), len(on)) / 20) for i in range(len(on)) if on[i] and (not i or not on[i - 1])))'
}
sound_of() { echo "$dir/moim/audio/$(sqlite3 "$db" "SELECT audio FROM meetings WHERE id = $1")"; }

new=$("$moim" redact "$id" acme --names --numbers --from 8.9 --to 11.6 2>"$dir/said")
grep -q '4 lines, 3 statements' "$dir/said" || die "said: $(cat "$dir/said")"
[ "$before" = "$("$moim" export "$id" --format json | sha256sum)" ] || die "the original was changed"
for f in txt md obsidian srt vtt json html csv ics docx hwpx; do
    "$moim" export "$new" --format $f --output "$dir/out"
    python3 - "$dir/out" $f <<'P' || die "$f still says it"
import sys, zipfile
p, f = sys.argv[1:]
text = "".join(zipfile.ZipFile(p).read(n).decode() for n in zipfile.ZipFile(p).namelist()) if f in ("docx", "hwpx") else open(p, encoding="utf-8").read()
assert not any(w in text for w in ("민수", "서연", "010", "5678", "acme", "ACME", "Acme", "비밀")), text
assert f in ("csv", "ics") or "다음" in text
P
done
"$moim" show "$new" >"$dir/show"
grep -q '참석자 1: 저는 ○○○이고 번호는 ○○○ 입니다' "$dir/show" && grep -q '참석자 2: 네 ○○○씨 이천 ○○○$' "$dir/show" && grep -q '○○○ 건은 다음 주에 봅시다' "$dir/show" || die "$(cat "$dir/show")"
"$moim" minutes "$new" | grep -q '비밀' && die "the minutes tell what was said in the stretch"
# 박민수이고 1-1.5, the number 3-3.5, 민수씨 7-7.5, the stretch 8.9-11.6, Acme 14-14.5, the line without times 20-24; each 0.15 s wider.
[ "$(loud "$(sound_of "$new")")" = "26 0.00-0.85 1.65-2.85 3.65-6.85 7.65-8.85 11.65-13.85 14.65-19.85 24.15-26.00" ] || die "sound: $(loud "$(sound_of "$new")")"
"$moim" redact "$new" 다음 --tone >"$dir/tone" 2>/dev/null
[ "$(loud "$(sound_of "$(cat "$dir/tone")")" | cut -d' ' -f6)" = "11.65-13.85" ] && loud "$(sound_of "$(cat "$dir/tone")")" | grep -q '14.65-19.85' || die "a tone: $(loud "$(sound_of "$(cat "$dir/tone")")")"

# Nothing of the kind, and no sense.
n=$("$moim" list | wc -l)
for args in "zebra" "--from 5 --to 3" ""; do ! "$moim" redact "$new" $args >/dev/null 2>&1 || die "redact $args"; done
[ "$("$moim" list | wc -l)" = "$n" ] && [ "$(ls "$dir/moim/audio"/*.flac | wc -l)" = "$n" ] || die "a refused redaction left something"

# The original for good: not a word of it in any file of the store.
"$moim" redact "$id" 박민수 010-1234-5678 acme --delete-original >"$dir/last" 2>/dev/null
! "$moim" show "$id" 2>/dev/null && [ ! -e "$dir/moim/audio/a.flac" ] || die "the original is there"
grep -rqa '박민수\|1234-5678' "$dir/moim" && die "the store's files still hold the words"
"$moim" show "$(cat "$dir/last")" | grep -q '네 민수씨 이천' || die "more was taken than was asked for"

# Find and replace: a correction that is taken back, names and minutes with it, one meeting or all.
a=$("$moim" import --no-minutes "$dir/m.json") b=$("$moim" import --no-minutes "$dir/m.json")
sqlite3 "$db" "INSERT INTO minutes(meeting, model, template, created_at) VALUES($a, 'm', 'weekly', 1);
  INSERT INTO items(minutes, kind, text, owner) SELECT max(id), 'action', '박민수에게 전화', '박민수' FROM minutes"
"$moim" edit "$a" --replace 박민수 박민서 >"$dir/said"
grep -q '1 meetings changed: 2 lines, 1 statements' "$dir/said" || die "$(cat "$dir/said")"
"$moim" export "$a" --format txt >"$dir/a.txt"
[ "$(grep -c 박민서 "$dir/a.txt")" -ge 4 ] && ! grep -q 박민수 "$dir/a.txt" && "$moim" show "$b" | grep -q 박민수 || die "one meeting: $(cat "$dir/a.txt")"
[ "$("$moim" minutes "$a" --versions | wc -l)" = 2 ] && "$moim" minutes "$a" --version 1 | grep -q 박민수 || die "versions: $("$moim" minutes "$a" --versions)"
segment=$("$moim" show "$a" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["segments"][0]["id"])')
"$moim" edit "$a" "$segment" --undo
"$moim" show "$a" | grep -q '저는 박민수이고' || die "undo"
"$moim" edit --replace 봅시다 만납시다 --all | grep -q '^[3-9] meetings' || die "all"
[ "$("$moim" search 만납시다 --words | wc -l)" -ge 3 ] && [ -z "$("$moim" search 봅시다 --words)" ] || die "search after replacing"
! "$moim" edit "$a" --replace "" x 2>/dev/null || die "an empty text"
"$moim" doctor --quick >"$dir/doctor" 2>&1 || true
! grep -E '^(store|audio) +PROBLEM' "$dir/doctor" || die "doctor: $(cat "$dir/doctor")"
echo "redaction: all well"
