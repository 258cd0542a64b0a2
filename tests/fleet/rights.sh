#!/usr/bin/env bash
# Who may see what, by raw SQL as each role: row-level security holds whatever our programs do.
. "$(dirname "$0")/fleet.bash"
start_pg
objects
box room1 sales
box room2 research
reader=$(login member Acme sales kim)
manager=$(login member Acme research lee --role manager)
boss=$(login member Acme sales boss --role admin)
other=$(admin add team Rival rivals && login member Rival rivals spy --role admin)
worker w1 /bin/true
meeting room1 '영업 회의' '백만 원짜리 견적서를 보내기로 했습니다' >/dev/null
meeting room2 '연구 회의' '비밀 실험 결과가 나왔습니다' >/dev/null
push room1 --quiet && push room2 --quiet

# A schema that is there is left as it is, and one from the future is refused.
[ "$(admin migrate)" = "schema: version 11, was 11" ] || die "migrated again"
sql "INSERT INTO fleet.versions VALUES(99)"
! admin migrate 2>"$dir/err" && grep -q 'version 99' "$dir/err" || die "a newer schema was taken: $(cat "$dir/err")"
sql "DELETE FROM fleet.versions WHERE version = 99"

tables="meetings segments speakers minutes_lines tasks tags"
# each USER TEXT: TEXT with every table for @, in one session; errors are lines too.
each() { for t in $tables; do echo "${2//@/fleet.$t}"; done | PGPASSWORD=$(cat "$dir/$1.token" 2>/dev/null) psql -X -q -At -h "$dir/pg" -U "$1" -d fleet 2>&1; }
seen="SELECT '@ ' || coalesce(string_agg(DISTINCT team::text, ',' ORDER BY team::text), 'none') FROM @;"
saw() { [ "$(each "$1" "$seen" | sort -u)" = "$(for t in $tables; do echo "fleet.$t $2"; done | sort)" ] || die "$1 sees: $(each "$1" "$seen")"; }
saw owner 1,2
saw "$reader" 1
saw "$manager" 2
saw "$boss" 1,2
saw "$other" none
denied() { [ "$(each "$1" "$2" | grep -c 'permission denied')" = "$(wc -w <<<"$tables")" ] || die "$1: $2: $(each "$1" "$2")"; }
for u in fleet_box_room1 fleet_worker_w1; do denied $u 'SELECT * FROM @;'; done
for u in "$reader" "$manager" "$boss"; do denied "$u" 'DELETE FROM @;'; done
# Tables that no member, box or worker has a right to, and functions that are not theirs.
tables="members memberships workers deletions dead_objects turns_of cells blocks versions"
for u in "$reader" "$boss" fleet_box_room1 fleet_worker_w1; do denied "$u" 'SELECT * FROM @;'; done
tables="store_meeting(1,1,NULL,NULL,'',NULL,NULL) put_back(1,'') revoke('fleet_box_room1') add_team('Acme','x') make_login('x','y','fleet_member') note(1,'','') metrics()"
for u in "$reader" "$boss" fleet_box_room1 fleet_worker_w1; do
    denied "$u" 'SELECT * FROM @;'
    ! sql_as "$u" "CREATE TABLE fleet.mine(x int)" 2>/dev/null || die "$u makes tables"
done
! sql_as "$reader" "SELECT * FROM fleet.take(5)" >/dev/null 2>&1 || die "a member takes jobs"
! sql_as fleet_worker_w1 "SELECT * FROM fleet.inventory()" >/dev/null 2>&1 || die "a worker reads an inventory"
[ "$(sql_as fleet_box_room1 "SELECT count(*) FROM fleet.inventory()")" = 1 ] || die "a box sees more than its own"
! sql_as fleet_box_room1 "SELECT fleet.archive('{\"id\": 5}', NULL, 'x', '2/5-stolen', 1)" >/dev/null 2>"$dir/err" && grep -q 'not an object of this box' "$dir/err" || die "a box names another's object"
[ "$(sql_as "$reader" "SET ROLE fleet_member; SELECT count(*) FROM fleet.meetings")" = 1 ] || die "a group role changes what is seen"
# Managers read the audit log of their team, readers do not.
[ "$(sql_as "$manager" "SELECT count(*) FROM fleet.audit WHERE action = 'box added'")" = 1 ] || die "a manager's audit log"
[ "$(sql_as "$reader" "SELECT count(*) FROM fleet.audit")" = 0 ] || die "a reader sees the audit log"
# Every table is under a policy: one that is added without fails here.
[ -z "$(sql "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'fleet' AND relkind = 'r' AND NOT relrowsecurity AND relname <> 'versions'")" ] || die "a table without a policy"
[ -z "$(sql "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace, aclexplode(coalesce(proacl, acldefault('f', proowner))) a WHERE nspname = 'fleet' AND a.grantee = 0")" ] || die "a function that everybody may call"

# Search gives what the reader may see, and nothing else; words of two letters inside words too.
search() { "$fleet" search --config "$dir/$1.conf" "${@:2}"; }
for u in "$reader" "$manager" "$boss"; do
    conf "$u" <<C
user = $u
token_file = $dir/$u.token
C
done
search "$reader" 견적 백만 | grep -q '영업 회의.*2026-03-04.*room1' || die "not found: $(search "$reader" 견적 백만)"
search "$reader" 적서 | grep -q 'action: 견적서 보내기' || die "minutes are not found inside words"
[ -z "$(search "$reader" 실험)" ] && [ -n "$(search "$boss" 실험)" ] || die "search leaks, or the admin finds nothing"
[ -z "$(search "$manager" 백만)" ] && [ -z "$(search "$boss" 백만 --team research)" ] && [ -z "$(search "$boss" 견적 --since 2026-04-01)" ] && [ -n "$(search "$boss" 견적 --tag 영업 --since 2026-01-01)" ] || die "filters"
[ -z "$(search "$boss" '100%' )" ] && [ -z "$(search "$boss" '_' )" ] || die "a word is taken for a pattern"
[ -n "$(search "$boss" 견적 --since 2026-03-04 --until 2026-03-04)" ] && [ -z "$(search "$boss" 견적 --until 2026-03-03)" ] || die "days"
[ "$(PATH=$(dirname "$fleet"):$PATH MOIM_FLEET_CONFIG=$dir/$boss.conf XDG_DATA_HOME=$dir/room1 "$moim" search --fleet 실험 --since 2026-01-01)" = "$(search "$boss" 실험)" ] || die "moim search --fleet"
! PATH=/nowhere XDG_DATA_HOME=$dir/room1 "$moim" search --fleet 실험 2>"$dir/err" && grep -q 'not installed' "$dir/err" || die "moim search --fleet without the package: $(cat "$dir/err")"
search "$boss" 실험 --json | python3 -c 'import json, sys; h, = json.load(sys.stdin); assert h["text"].startswith("비밀") and h["box"] == "room2" and h["start"] == 0' || die "JSON"
sql_as "$boss" "SELECT subject FROM fleet.audit WHERE action = 'search'" | grep -qx '실험' || die "a search is not in the audit log"
# The index is used: a policy keeps LIKE away from it in a plain query.
sql "SET enable_seqscan = off; EXPLAIN SELECT FROM fleet.blocks WHERE grams @> fleet.grams('견적')" | grep -q blocks_words || die "words are not looked up in the index"

# A question is answered from the meetings that its reader may see, cited with their box; the copy is removed.
printf '{"title": "출시 회의", "date": "2026-03-05", "language": "ko", "turns": [{"speaker": "민수", "text": "로그인 속도부터 정하죠."}, {"speaker": "영희", "text": "네."}, {"speaker": "민수", "text": "제가 금요일까지 배포 문서를 쓸게요."}, {"speaker": "영희", "text": "네 알겠습니다."}]}' >"$dir/m.json"
on room2 "$moim" import --quiet "$dir/m.json" >/dev/null 2>&1
push room2 --quiet
ask() { "$fleet" ask --config "$dir/$1.conf" "${@:2}"; }
said=$(ask "$boss" '배포 문서는 누가 맡았지?')
grep -q 민수 <<<"$said" && grep -q '배포 문서를 쓸게요.*출시 회의, room2' <<<"$said" || die "asked: $said"
ask "$manager" --json '출시 회의에서 배포 문서는 누가 맡았지?' | python3 -c 'import json, sys; r = json.load(sys.stdin); assert r["known"] and r["citations"][-1]["box"] == "room2", r' || die "asked for JSON"
for q in "$reader" "$boss --team sales" "$boss --until 2026-03-04"; do ! ask $q '배포 문서는 누가 맡았지?' 2>&1 | grep -q '금요일\|민수' || die "an answer leaks: $q"; done
[ -z "$(find "$dir" -maxdepth 1 -name 'moim-fleet-*')" ] || die "the meetings that were read are left: $(ls "$dir")"
[ "$(PATH=$(dirname "$fleet"):$PATH MOIM_FLEET_CONFIG=$dir/$boss.conf XDG_DATA_HOME=$dir/room1 "$moim" ask --fleet '배포 문서는 누가 맡았지?')" = "$said" ] || die "moim ask --fleet"
id=$(sqlite3 "$dir/room2/moim/moim.db" "SELECT max(id) FROM meetings")
on room2 "$moim" delete --for-good "$id" >/dev/null 2>&1
push room2 --quiet

# What belongs to a meeting goes and moves with it, though no foreign key looks at each line.
orphans() { sql "SELECT (SELECT count(*) FROM fleet.segments x WHERE NOT EXISTS (SELECT FROM fleet.meetings m WHERE (m.id, m.team) = (x.meeting, x.team))) + (SELECT count(*) FROM fleet.passages x WHERE NOT EXISTS (SELECT FROM fleet.meetings m WHERE (m.id, m.team) = (x.meeting, x.team))) + (SELECT count(*) FROM fleet.blocks x WHERE NOT EXISTS (SELECT FROM fleet.meetings m WHERE (m.id, m.team) = (x.meeting, x.team)))"; }
[ "$(orphans)" = 0 ] && [ "$(sql "SELECT count(*) FROM fleet.segments")" = 4 ] && [ "$(sql "SELECT count(*) FROM fleet.blocks")" = 2 ] || die "lines of a meeting that is gone"
sql "UPDATE fleet.meetings SET team = 2 WHERE team = 1"
[ "$(orphans)" = 0 ] && [ "$(sql_as "$reader" "SELECT count(*) FROM fleet.segments")" = 0 ] && [ "$(sql_as "$manager" "SELECT count(*) FROM fleet.segments")" = 4 ] || die "a meeting that went to another team"
sql "UPDATE fleet.meetings SET team = 1 WHERE box = (SELECT id FROM fleet.boxes WHERE name = 'room1')"
[ "$(orphans)" = 0 ] || die "a meeting that came back"

# By meaning: what is like a passage, among what the reader may see; what is not like it is not found.
vectors=$(python3 -c 'import random, struct
r = random.Random(3)
a = [r.randrange(-100, 101) for _ in range(384)]; far = [r.randrange(-100, 101) for _ in range(384)]
for v in (a, [max(-127, min(127, x + r.randrange(-40, 41))) for x in a], far):
    print((struct.pack("<f", 1 / sum(x * x for x in v) ** .5) + bytes(x & 255 for x in v)).hex(), "".join("01"[x >= 0] for x in v))')
passage() { sql "DELETE FROM fleet.passages WHERE meeting = $1; INSERT INTO fleet.passages(meeting, start, team, last, \"end\", vector, code) SELECT id, 0, team, 0, 5, decode('$2', 'hex'), B'$3' FROM fleet.meetings WHERE id = $1"; }
a=$(sed -n 1p <<<"$vectors") near=$(sed -n 2p <<<"$vectors") far=$(sed -n 3p <<<"$vectors")
one=$(sql "SELECT id FROM fleet.meetings WHERE team = 1") two=$(sql "SELECT id FROM fleet.meetings WHERE team = 2")
passage $one $a
passage $two $far
titles() { search "$1" --json "${@:2}" | python3 -c 'import json, sys; print(*[h["title"] + " " + h["found"] for h in json.load(sys.stdin)], sep="|")'; }
[ "$(titles "$boss" --like $one@3)" = '영업 회의 meaning' ] || die "what is far is found: $(titles "$boss" --like $one@3)"
passage $two $near
[ "$(titles "$boss" --like $one@3)" = '영업 회의 meaning|연구 회의 meaning' ] || die "by meaning: $(titles "$boss" --like $one@3)"
[ "$(titles "$boss" --like $one@3 실험)" = '연구 회의 words meaning|영업 회의 meaning' ] || die "joined: $(titles "$boss" --like $one@3 실험)"
[ "$(titles "$reader" --like $one@3)" = '영업 회의 meaning' ] && [ "$(titles "$boss" --like $one@3 --team research)" = '연구 회의 meaning' ] && [ -z "$(titles "$boss" --like $one@3 --since 2026-04-01)" ] || die "meaning leaks, or is not filtered"
! search "$reader" --like $two@3 >/dev/null 2>&1 || die "a reader compares with what is not the reader's"
[ "$(admin index)" = '0 cells, 0 passages newly in them' ] && [ "$(admin index --cells 2)" = '2 cells, 2 passages newly in them' ] || die "cells: $(sql "SELECT id FROM fleet.cells")"
[ "$(sql "SELECT count(*) FROM fleet.passages WHERE cell > 0")" = 2 ] && [ "$(titles "$boss" --like $one@3)" = '영업 회의 meaning|연구 회의 meaning' ] || die "by meaning, with cells"
for u in "$reader" fleet_box_room1 fleet_worker_w1; do ! sql_as "$u" "SELECT * FROM fleet.cells" >/dev/null 2>&1 || die "$u reads cells"; done

# A token that ends, ends at once, in an open session too.
coproc old { PGPASSWORD=$(cat "$dir/$reader.token") psql -X -q -At -h "$dir/pg" -U "$reader" -d fleet 2>&1; }
echo "SELECT count(*) FROM fleet.segments;" >&"${old[1]}"
read -r n <&"${old[0]}"
[ "$n" = 2 ] || die "the open session saw $n lines"
admin revoke "$reader"
echo "SELECT count(*) FROM fleet.segments;" >&"${old[1]}" 2>/dev/null || true
! read -r n <&"${old[0]}" || [ "$n" != 2 ] || die "an open session of a revoked member reads on"
! sql_as "$reader" "SELECT 1" >/dev/null 2>&1 || die "a revoked member logs in"
! admin revoke "$reader" 2>/dev/null || die "revoked twice"
# Tokens lie in the database as verifiers only.
for t in "$dir"/*.token; do ! sql "SELECT rolpassword FROM pg_authid" | grep -qF "$(cat "$t")" || die "a token in the database"; done
! grep -qF -f <(cat "$dir"/*.token) "$dir/pg/log" || die "a token in the server's log"

# Over a network only with a server that is verified.
conf far </dev/null
sed -i 's|host=[^ ]*|host=127.0.0.1 sslmode=require|' "$dir/far.conf"
! "$fleet" search x --config "$dir/far.conf" 2>"$dir/err" && grep -q 'verify-full' "$dir/err" || die "a server that is not verified: $(cat "$dir/err")"
sed -i 's|sslmode=require|sslmode=verify-full|' "$dir/far.conf"
! "$fleet" search x --config "$dir/far.conf" 2>"$dir/err" && ! grep -q 'needs sslmode' "$dir/err" || die "verify-full: $(cat "$dir/err")"

# The recorder is what it was: neither library, nor a word of the fleet's.
! readelf -d "$moim" | grep -qE 'NEEDED.*(libpq|libcurl)' && ! ldd "$moim" | grep -q 'libpq' || die "moim links them: $(readelf -d "$moim" | grep NEEDED)"
! nm -D "$moim" | grep -qE ' U (PQ|curl_)' || die "moim calls them"
echo "rights: all well"
