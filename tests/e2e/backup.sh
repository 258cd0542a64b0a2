#!/usr/bin/env bash
# Backup to one file and back, refusals that change nothing, a backup cut off, and sound that is tidied away while words stay.
. "$(dirname "$0")/common.bash"
refused() { # EXIT WORDS COMMAND...
    local want=$1 words=$2 rc=0
    shift 2
    "$@" >"$dir/out" 2>"$dir/err" || rc=$?
    [ $rc -eq "$want" ] || die "$*: exit $rc, not $want: $(cat "$dir/err")"
    [ "$(wc -l <"$dir/err")" = 1 ] && grep -q "$words" "$dir/err" || die "$*: $(cat "$dir/err")"
}
a=$dir/a/moim.db b=$dir/b/moim.db

printf '김부장: 예산은 다음 주 금요일까지 정하기로 했습니다.\n이대리: 네, 제가 정리하겠습니다.\n' >"$dir/budget.txt"
"$moim" --help >/dev/null
"$moim" import --db "$a" --no-minutes "$dir/budget.txt" >/dev/null
"$moim" record --db "$a" --from "$models/samples/beckett.wav" --fast --no-captions --no-process >/dev/null
"$moim" bookmark --db "$a" 2 1.5 여기
"$moim" show 1 --db "$a" --json >"$dir/one"
"$moim" show 2 --db "$a" --json >"$dir/two"

"$moim" backup --db "$a" "$dir/all.zip"
[ "$(stat -c %a "$dir/all.zip")" = 600 ] || die "the backup is not private"
unzip -tq "$dir/all.zip" >/dev/null || die "the backup is no zip"
refused 64 'already exists' "$moim" backup --db "$a" "$dir/all.zip"
"$moim" restore --db "$b" "$dir/all.zip"
"$moim" show 1 --db "$b" --json | cmp - "$dir/one" || die "meeting 1 came back different"
"$moim" show 2 --db "$b" --json | cmp - "$dir/two" || die "meeting 2 came back different"
for f in "$dir"/a/audio/*; do cmp "$f" "$dir/b/audio/${f##*/}" || die "sound came back different"; done
[ -z "$(find "$dir/b" -name 'restore-*')" ] || die "restore left its workplace"

# Nothing is replaced, and what is no backup or damaged changes nothing.
sha256sum "$b" "$dir"/b/audio/* >"$dir/before"
refused 64 'holds 2 meetings' "$moim" restore --db "$b" "$dir/all.zip"
sha256sum -c --quiet "$dir/before" || die "a refused restore changed the store"
head -c 3000 "$dir/all.zip" >"$dir/cut.zip"
refused 65 'damaged' "$moim" restore --db "$dir/c/moim.db" "$dir/cut.zip"
python3 - "$dir" <<'P'
import sys, zipfile
d = sys.argv[1]
data = bytearray(open(d + "/all.zip", "rb").read())
at = data.index(b"fLaC") + 5000  # inside a recording
data[at] ^= 1
open(d + "/flipped.zip", "wb").write(data)
with zipfile.ZipFile(d + "/evil.zip", "w") as z:
    z.writestr("moim.db", b"x")
    z.writestr("audio/../../evil", b"x")
with zipfile.ZipFile(d + "/other.zip", "w") as z:
    z.writestr("readme.txt", b"x")
P
refused 65 'damaged' "$moim" restore --db "$dir/c/moim.db" "$dir/flipped.zip"
refused 65 'not a backup of moim' "$moim" restore --db "$dir/c/moim.db" "$dir/other.zip"
refused 65 '' "$moim" restore --db "$dir/c/moim.db" "$dir/evil.zip"
[ ! -e "$dir/evil" ] && [ ! -e "$dir/c/evil" ] || die "a name in a zip led out of the store"
[ ! -e "$dir/c/moim.db" ] && [ -z "$(find "$dir/c" -type f ! -name moim.db.lock)" ] && [ -z "$(find "$dir/c" -mindepth 1 -type d ! -name audio)" ] || die "a failed restore left something: $(find "$dir/c")"
refused 66 'missing.zip' "$moim" restore --db "$dir/c/moim.db" "$dir/missing.zip"
rc=0
(ulimit -f 40; exec "$moim" backup --db "$a" "$dir/full.zip") 2>"$dir/err" || rc=$?
[ $rc -eq 74 ] || [ $rc -eq 73 ] || die "a backup that does not fit: exit $rc, $(cat "$dir/err")"
[ -z "$(ls "$dir" | grep -E '^full')" ] || die "half a backup was left: $(ls "$dir")"

# Sound goes, words stay; what has not been transcribed is not touched.
sqlite3 "$a" "update meetings set state = 4, started_at = started_at - 4000 * 86400 where id = 2"
"$moim" tidy --db "$a" --days 30 --dry-run --json | grep >/dev/null '"meetings": 0' || die "tidy takes what came today for old: its meeting was long ago"
touch -d '40 days ago' "$dir/a/audio/$(sqlite3 "$a" 'select audio from meetings where id = 2')"
"$moim" tidy --db "$a" --days 30 --dry-run --json | grep >/dev/null '"meetings": 1' || die "tidy --dry-run"
ls "$dir"/a/audio/rec-*.flac >/dev/null || die "a dry run removed something"
"$moim" tidy --db "$a" --days 60 --json | grep >/dev/null '"meetings": 0' || die "tidy took young sound"
"$moim" record --db "$a" --from "$models/samples/beckett.wav" --fast --no-captions --no-process >/dev/null
"$moim" tidy --db "$a" --days 30 --quota 0 --json | grep >/dev/null '"meetings": 1' || die "tidy took sound that is not transcribed"
[ "$(ls "$dir"/a/audio/*.flac | wc -l)" = 1 ] || die "tidy: $(ls "$dir"/a/audio)"
"$moim" show 2 --db "$a" --json | grep >/dev/null 여기 || die "tidy took more than sound"
[ "$(sqlite3 "$a" 'pragma integrity_check')" = ok ] || die "the store is damaged"
refused 64 'not a size' "$moim" tidy --db "$a" --quota lots
echo "backup and tidy: all well"
