#!/usr/bin/env bash
# Pairing works on the daemon's own state, whoever asks: root's files are the daemon's, another user is told what to do, a
# reset shuts out what was paired, and a token that cannot be read lets nobody in. A daemon of another user needs root.
. "$(dirname "$0")/common.bash"
moim=$dir/moim
cp "${MOIM:-build/moim}" "$moim"
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
export HOME=$dir XDG_DATA_HOME=$dir/data XDG_CACHE_HOME=$dir/cache MOIM_SHARE=$PWD/firmware/packaging
db=$dir/box/moim.db
mkdir "$dir/box"
chmod 755 "$dir"
chmod 700 "$dir/box"
as_daemon=()
if [ "$(id -u)" = 0 ]; then
    as_daemon=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    chown nobody:nogroup "$dir/box"
    cp firmware/packaging/models.manifest "$dir/"
    chmod -R a+rX "$dir/models.manifest" "$moim"
    export MOIM_SHARE=$dir
fi
"${as_daemon[@]}" "$moim" serve --db "$db" --port 0 --token >"$dir/out" 2>"$dir/log" &
pid=$!
for _ in $(seq 300); do grep -q '^http' "$dir/out" && break; kill -0 $pid 2>/dev/null || die "the daemon ended: $(cat "$dir/log")"; sleep 0.1; done
url=$(grep -m1 '^http' "$dir/out")
status() { curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" "${url}api/v1/state"; }
pair() { curl -s -X POST -H 'X-Moim: 1' -H 'Content-Type: application/json' -d "{\"code\": \"$1\"}" "${url}api/v1/pair" | sed -n 's/.*"token":[ ]*"\([^"]*\)".*/\1/p'; }
until_status() { for _ in $(seq 50); do [ "$(status "$2")" = "$1" ] && return 0; sleep 0.2; done; die "$3: $(status "$2")"; }

code=$("$moim" pair --db "$db")
token=$(pair "$code")
[ ${#token} = 43 ] || die "the code $code was not accepted: $(cat "$dir/log")"
[ "$(status "$token")" = 200 ] || die "paired, and not let in"
"$moim" pair --reset --db "$db" >/dev/null
until_status 401 "$token" "a reset did not shut out what was paired"
token=$(pair "$("$moim" pair --db "$db")")
[ ${#token} = 43 ] || die "nothing can be paired after a reset"
[ "$(stat -c %U:%a "$dir/box/pairing.token")" = "$(stat -c %U "$dir/box"):600" ] || die "the token is not the daemon's: $(stat -c %U:%a "$dir/box/pairing.token")"

# Who pairs beside another store is told.
"$moim" pair --db "$dir/other/moim.db" >/dev/null 2>"$dir/err"
grep -q 'moim serve does not run' "$dir/err" || die "nothing is said of a store that nobody serves"
if [ "$(id -u)" = 0 ]; then
    rc=0
    setpriv --reuid=daemon --regid=daemon --clear-groups "$moim" pair --reset --db "$db" >"$dir/o" 2>"$dir/err" || rc=$?
    [ $rc = 77 ] && grep -q 'sudo -u nobody' "$dir/err" || die "another user: exit $rc, $(cat "$dir/err")"
    [ "$(status "$token")" = 200 ] || die "another user shut somebody out"
    chown root "$dir/box/pairing.token" # as an older version's root left it
    until_status 401 "$token" "a token that the daemon cannot read lets somebody in"
fi
echo "pairing: all well"
