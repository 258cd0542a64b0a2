# The head of the fleet's scripts, sourced by them: a PostgreSQL of Debian on a socket of its own in a folder that goes at
# the end, its schema, an organisation with two teams. Nothing listens on the network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
fleet=$(realpath "${MOIM_FLEET:-build/moim-fleet}") moim=$(realpath "${MOIM:-build/moim}")
pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
dir=$(mktemp -d)
chmod 711 "$dir"
export TMPDIR=$dir MOIM_MODELS=$dir/models
mkdir "$dir/models"
die() { echo "FAIL: $*" >&2; exit 1; }
as_pg() { if [ "$(id -u)" = 0 ]; then (cd /; runuser -u postgres -- "$@"); else "$@"; fi; }
fleet_end() {
    local p
    for p in $(jobs -p); do kill "$p" 2>/dev/null || true; done
    as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" -m immediate stop >/dev/null 2>&1 || true
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap fleet_end EXIT

# start_pg [DURABLE]: tokens are asked for on the socket too, but for the owner of the cluster.
pg_up() { as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" -w -t 60 -l "$dir/pg/log" start >/dev/null || die "PostgreSQL: $(tail -5 "$dir/pg/log")"; }
start_pg() {
    mkdir -m 755 "$dir/pg"
    [ "$(id -u)" != 0 ] || chown postgres "$dir/pg"
    as_pg "$pgbin/initdb" -D "$dir/pg/data" -U owner --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null 2>"$dir/initdb" || die "initdb: $(cat "$dir/initdb")"
    as_pg tee -a "$dir/pg/data/postgresql.conf" >/dev/null <<C
listen_addresses = ''
unix_socket_directories = '$dir/pg'
max_connections = 40
shared_buffers = 64MB
fsync = ${1:-off}
password_encryption = scram-sha-256
C
    printf 'local all owner,keeper trust\nlocal all all scram-sha-256\n' | as_pg tee "$dir/pg/data/pg_hba.conf" >/dev/null
    pg_up
    # The database's owner is no superuser; what the tests look at by themselves they ask as one.
    sql_in postgres "CREATE ROLE keeper LOGIN CREATEROLE IN ROLE pg_signal_backend"
    sql_in postgres "CREATE DATABASE fleet OWNER keeper"
    conf owner <<C
user = keeper
C
    "$fleet" migrate --quiet --config "$dir/owner.conf"
    for team in sales research; do admin add team Acme $team; done
}
sql_in() { psql -X -q -At -v ON_ERROR_STOP=1 -h "$dir/pg" -U owner -d "$1" -c "$2"; }
sql() { sql_in fleet "$1"; }
# sql_as USER SQL: as that login, with its token.
sql_as() { PGPASSWORD=$(cat "$dir/$1.token") psql -X -q -At -v ON_ERROR_STOP=1 -h "$dir/pg" -U "$1" -d fleet -c "$2"; }
# conf NAME: settings from the standard input, with the database's place before them.
conf() { { echo "database = host=$dir/pg dbname=fleet"; cat; } >"$dir/$1.conf"; }
admin() { "$fleet" "$@" --config "$dir/owner.conf"; }
# login KIND ARGS...: adds a box, member or worker; its user is printed, its token in USER.token.
login() {
    local out user
    out=$(admin add "$@")
    user=$(sed -n 's/^user = //p' <<<"$out")
    (umask 077; sed -n 's/^token: //p' <<<"$out" >"$dir/$user.token")
    echo "$user"
}
objects() { mkdir -p "$dir/objects"; "$fleet" keygen "$dir/public" "$dir/secret"; }
# box NAME TEAM: a registered box with settings NAME.conf and an empty store in NAME/.
box() {
    local user
    user=$(login box Acme "$2" "$1")
    conf "$1" <<C
user = $user
token_file = $dir/$user.token
objects = ${objects_at:-$dir/objects}
public_key = $dir/public
${box_more:-}
C
    mkdir -p "$dir/$1/moim/audio"
}
# worker NAME COMMAND
worker() {
    local user
    user=$(login worker "$1")
    conf "$1" <<C
user = $user
token_file = $dir/$user.token
objects = ${objects_at:-$dir/objects}
public_key = $dir/public
secret_key = $dir/secret
command = $2
${box_more:-}
C
}
on() { local b=$1; shift; XDG_DATA_HOME=$dir/$b "$@"; }
db() { sqlite3 "$dir/$1/moim/moim.db" "$2"; }
# meeting BOX TITLE WORDS...: a meeting of two lines with minutes and sound; its number is printed.
meeting() {
    local b=$1 title=$2 id
    shift 2
    printf '{"title": "%s", "date": "2026-03-04", "language": "ko", "turns": [{"speaker": "김부장", "text": "%s"}, {"speaker": "이서연", "text": "네 알겠습니다."}]}' "$title" "$*" >"$dir/m.json"
    id=$(on "$b" "$moim" import --no-minutes "$dir/m.json" 2>/dev/null)
    head -c 70000 /dev/urandom >"$dir/$b/moim/audio/m$id.flac"
    db "$b" "UPDATE meetings SET audio = 'm$id.flac', state = 4 WHERE id = $id;
      INSERT INTO minutes(meeting, model, template, created_at) VALUES($id, 'm', 'plain', 1);
      INSERT INTO items(minutes, kind, text, owner, due_text, due_date) SELECT max(id), 'action', '견적서 보내기', '김부장', '수요일', '2026-03-11' FROM minutes;
      INSERT INTO evidence SELECT max(id), (SELECT min(id) FROM segments WHERE meeting = $id) FROM items;
      INSERT INTO tags VALUES($id, '영업')"
    echo "$id"
}
push() { on "$1" "$fleet" push --config "$dir/$1.conf" "${@:2}"; }
