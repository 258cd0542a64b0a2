#!/usr/bin/env bash
# Names and files that lead elsewhere: settings take names of installed models only, pipes never hang anything, a store
# that is in use is not replaced, a foreign backup is refused or contained, and everything written is its user's alone.
. "$(dirname "$0")/common.bash"
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
umask 022
mkdir -m 700 "$dir/own"
export XDG_DATA_HOME=$dir/own
db=$dir/own/moim/moim.db
refused() { # EXIT WORDS COMMAND...
    local want=$1 words=$2 rc=0
    shift 2
    timeout 60 "$@" >"$dir/out" 2>"$dir/err" || rc=$?
    [ $rc -eq "$want" ] || die "$*: exit $rc, not $want: $(cat "$dir/err")"
    [ "$(wc -l <"$dir/err")" = 1 ] && grep -q "$words" "$dir/err" || die "$*: $(cat "$dir/err")"
}
printf '김부장: 예산은 다음 주 금요일까지 정하기로 했습니다.\n이대리: 네, 제가 정리하겠습니다.\n' >"$dir/budget.txt"
"$moim" import --no-minutes "$dir/budget.txt" >/dev/null
mkfifo "$dir/pipe"

# A pipe would wait for ever for somebody who writes.
refused 64 'not a regular file' "$moim" models use minutes "$dir/pipe"
refused 64 'not a regular file' "$moim" minutes 1 --redo --minutes-model "$dir/pipe"
refused 64 'not a regular file' "$moim" minutes 1 --redo --template "$dir/pipe"
refused 64 'not a regular file' "$moim" backup --passphrase-file "$dir/pipe" "$dir/own/x.zip"
refused 65 'not a regular file' "$moim" restore --db "$dir/b/moim.db" "$dir/pipe"
printf '%s %s\n' minutes "$dir/pipe" >"$dir/own/moim/models.conf"
refused 66 'chosen for minutes cannot be read' "$moim" minutes 1 --redo --minutes-model minutes
rm "$dir/own/moim/models.conf"

"$moim" backup "$dir/own/all.zip"
printf 'ein langes Wort\n' >"$dir/pass"
"$moim" backup --passphrase-file "$dir/pass" "$dir/own/sealed"
! grep -aq 'SQLite format\|moim.db' "$dir/own/sealed" || die "the sealed backup is open"
refused 64 'passphrase' "$moim" restore --db "$dir/own/s/moim.db" "$dir/own/sealed"
"$moim" restore --passphrase-file "$dir/pass" --db "$dir/own/s/moim.db" "$dir/own/sealed"
"$moim" show 1 --json >"$dir/one"
"$moim" show 1 --db "$dir/own/s/moim.db" --json | cmp - "$dir/one" || die "a sealed backup came back different"
for f in txt md srt vtt json html docx hwpx pdf csv ics; do "$moim" export 1 --output "$dir/own/out.$f"; done

# The daemon: names only, from a client and from the store itself.
"$moim" serve --port 0 >"$dir/url" 2>"$dir/log" &
pid=$!
for _ in $(seq 300); do grep -q '^http' "$dir/url" && break; kill -0 $pid 2>/dev/null || die "the daemon ended: $(cat "$dir/log")"; sleep 0.1; done
url=$(grep -m1 '^http' "$dir/url")api/v1
call() { curl -s --max-time 60 -o "$dir/answer" -w '%{http_code}' -X "$1" -H 'X-Moim: 1' -H 'Content-Type: application/json' ${3:+-d "$3"} "$url/$2"; }
for name in "$dir/pipe" /etc/passwd ../x minutes 'qwen'; do
    [ "$(call PATCH settings "{\"minutes_model\": \"$name\"}")" = 400 ] || die "minutes_model $name: $(cat "$dir/answer")"
done
[ "$(call PATCH settings '{"minutes_model": ""}')" = 200 ] || die "minutes_model: $(cat "$dir/answer")"
sqlite3 "$db" ".timeout 10000" "insert or replace into settings values('minutes_model', '$dir/pipe'), ('theme', '\"><script>'), ('keep_audio_days', '1e99')"
call GET settings >/dev/null
! grep -q script "$dir/answer" || die "a setting that is none: $(cat "$dir/answer")"
[ "$(call POST meetings/1/minutes '{}')" = 202 ] || die "minutes: $(cat "$dir/answer")"
for _ in $(seq 300); do call GET jobs >/dev/null; grep -q '"failed"' "$dir/answer" && break; sleep 0.1; done
grep -q 'no minutes model has that name' "$dir/answer" || die "the store named a pipe as a model: $(cat "$dir/answer")"
refused 70 'another moim has this store open' "$moim" restore "$dir/own/all.zip"
[ "$(call GET meetings/1)" = 200 ] || die "a refused restore changed the store"
kill $pid
wait $pid || true
pid=
[ "$(sqlite3 "$db" 'pragma integrity_check; pragma foreign_key_check')" = ok ] || die "the store is damaged"

# A store of somebody else's.
cp "$db" "$dir/own/evil.db"
sqlite3 "$dir/own/evil.db" "create trigger t after insert on tags begin delete from meetings; end"
refused 65 'trigger t, which is not moim' "$moim" list --db "$dir/own/evil.db"
cp "$db" "$dir/own/moim.db"
sqlite3 "$dir/own/moim.db" "update meetings set audio = '../../budget.txt', language = 'x\"><script>'"
"$moim" export 1 --db "$dir/own/moim.db" --format html | grep >/dev/null '<html lang="en">' || die "a language went into the page"
refused 66 'no sound' "$moim" export 1 --db "$dir/own/moim.db" --with-audio --output "$dir/own/with.zip"
(cd "$dir/own" && python3 -m zipfile -c evil.zip moim.db)
refused 65 'name of a meeting' "$moim" restore --db "$dir/own/c/moim.db" "$dir/own/evil.zip"
"$moim" delete --for-good 1 --db "$dir/own/moim.db"
[ -e "$dir/budget.txt" ] || die "deleting a meeting removed a file outside the store"

# Everything that was written. (The evil copies are cp's and sqlite3's.)
rm "$dir"/own/evil* "$dir/own/moim.db"*
open=$(find "$dir/own" -mindepth 1 \( -type f -o -type s \) ! -perm 600 -o -mindepth 1 -type d ! -perm 700)
[ -z "$open" ] || die "others can read: $open"
echo "untrusted: all well"
