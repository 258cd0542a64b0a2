#!/usr/bin/env bash
# Over a network: only with a server whose certificate is of the authority given and names the host. The wrong authority,
# another name, and a server without TLS are refused before a token is sent.
. "$(dirname "$0")/fleet.bash"
start_pg
objects
box room1 sales
reader=$(login member Acme sales kim)
meeting room1 '영업 회의' '견적서를 보냅시다' >/dev/null
authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.crt" 2>/dev/null; }
# certificate NAME HOST: of the authority "ours", for a host.
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
    openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ours.crt" -CAkey "$dir/ours.key" -CAcreateserial -days 2 -extfile <(echo "subjectAltName=DNS:$2") -out "$dir/$1.crt" 2>/dev/null
}
authority ours
authority theirs
certificate server localhost
certificate other elsewhere.example
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PGPORT=$port
# serve CERTIFICATE|off: the database listens on loopback.
serve() {
    local on=on
    [ "$1" != off ] || on=off
    [ $on = off ] || for f in crt key; do install -m 600 ${pg_owner:+-o $pg_owner} "$dir/$1.$f" "$dir/pg/data/server.$f"; done
    as_pg tee "$dir/pg/data/postgresql.auto.conf" >/dev/null <<C
listen_addresses = '127.0.0.1'
port = $port
ssl = $on
C
    printf 'local all owner,keeper trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n' | as_pg tee "$dir/pg/data/pg_hba.conf" >/dev/null
    as_pg env -u PGPORT "$pgbin/pg_ctl" -D "$dir/pg/data" -m fast -w restart -l "$dir/pg/log" >/dev/null 2>&1 || die "PostgreSQL: $(tail -3 "$dir/pg/log")"
}
[ "$(id -u)" != 0 ] || pg_owner=postgres
# settings AUTHORITY: of the box and the reader, over the network.
settings() {
    sed -i "s|^database = .*|database = host=localhost hostaddr=127.0.0.1 port=$port dbname=fleet sslmode=verify-full sslrootcert=$dir/$1.crt|" "$dir/room1.conf"
    printf 'user = %s\ntoken_file = %s\n' "$reader" "$dir/$reader.token" | conf "$reader"
    sed -i "s|^database = .*|$(grep '^database' "$dir/room1.conf")|" "$dir/$reader.conf"
}
refused() { ! push room1 --quiet 2>"$dir/err" && grep -qi "$1" "$dir/err" && [ "$(wc -l <"$dir/err")" = 1 ] || die "not refused for $1: $(cat "$dir/err")"; }

serve server
settings theirs
refused 'certificate verify failed'
settings ours
[ "$(push room1)" = "archived 1, unchanged 0, deleted 0, results taken in 0, failed 0" ] || die "the right authority"
"$fleet" search --config "$dir/$reader.conf" 견적 | grep -q '영업 회의' || die "a search over TLS"
[ "$(sql "SELECT count(*) FROM pg_hba_file_rules WHERE type = 'host'")" = 1 ] || die "the test's own rules"
# A box that is revoked is refused over the network, too; the reader is not.
admin revoke fleet_box_room1
refused 'authentication failed\|not permitted to log in'
"$fleet" search --config "$dir/$reader.conf" 견적 >/dev/null || die "the reader after a box was revoked"
serve other
refused 'does not match host name'
serve off
refused 'does not support SSL'
! grep -qF -f <(cat "$dir"/*.token) "$dir/pg/log" || die "a token in the server's log"
echo "TLS: all well"
