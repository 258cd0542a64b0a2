#!/usr/bin/env bash
# The page over the fleet: signing in, what each reader sees and never sees, headers and refusals, and the page itself in Chromium.
. "$(dirname "$0")/fleet.bash"
for p in chromium chromedriver; do
    command -v $p >/dev/null || die "$p is not installed (make deps-test)"
done
start_pg
objects
box room1 sales
box room2 research
reader=$(login member Acme sales kim)
for who in 'sales boss admin' 'research lee reader' 'sales gone reader'; do
    read -r team name role <<<"$who"
    login member Acme "$team" "$name" --role "$role" >/dev/null
done
# talk BOX TITLE DAY TURNS: TURNS as JSON.
talk() {
    printf '{"title": "%s", "date": "%s", "language": "ko", "turns": %s}' "$2" "$3" "$4" >"$dir/m.json"
    on "$1" "$moim" import --quiet "$dir/m.json" >/dev/null 2>&1
}
meeting room1 '영업 회의' '백만 원짜리 견적서를 보내기로 했습니다' >/dev/null
talk room1 '출시 회의' 2026-03-05 '[{"speaker": "민수", "text": "로그인 속도부터 정하죠."}, {"speaker": "영희", "text": "네."}, {"speaker": "민수", "text": "제가 금요일까지 배포 문서를 쓸게요."}, {"speaker": "영희", "text": "네 알겠습니다. 견적서는 따로 보죠."}]'
meeting room2 '연구 회의' '비밀 실험 결과가 나왔습니다' >/dev/null
talk room2 '<b>실험</b> & 계획' 2026-03-06 '[{"speaker": "박 소장", "text": "비밀 실험은 제가 수요일까지 끝내겠습니다."}, {"speaker": "이서연", "text": "네."}]'
db room1 "UPDATE segments SET speaker_certainty = CASE WHEN text = '네.' THEN 0.4 ELSE 0.9 END"
push room1 --quiet && push room2 --quiet

# The page's settings name the database alone.
conf page </dev/null
serve() {
    rm -f "$dir/address" # else what the last one wrote is read
    "$fleet" serve --config "$dir/page.conf" --port 0 --minutes-model none "$@" >"$dir/address" 2>>"$dir/page.log" &
    server=$!
    until grep -q '^http' "$dir/address" 2>/dev/null; do kill -0 $server 2>/dev/null || die "serve: $(cat "$dir/page.log")"; sleep 0.05; done
}
serve_end() { kill -TERM $server; wait $server || die "serve ended with $?: $(cat "$dir/page.log")"; }
! "$fleet" serve --config "$dir/page.conf" --listen 0.0.0.0 --port 0 2>"$dir/err" && grep -q 'in the clear' "$dir/err" || die "tokens over a network in the clear: $(cat "$dir/err")"
cat >"$dir/restart" <<R
set -e
cd /
$(declare -f as_pg)
as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" -m fast -w restart -l "$dir/pg/log" >/dev/null
R
export FLEET=$fleet
serve
python3 tests/fleet/page.py "$dir" "$(cat "$dir/address")" rights
serve_end
# What was done is in the audit log, by whom and of which team.
did() { sql "SELECT count(*) FROM fleet.audit WHERE login = 'fleet_member_$1' AND team = (SELECT id FROM fleet.teams WHERE name = '$2') AND action = '$3' AND subject LIKE '$4'"; }
[ "$(did kim sales 'sign in' page)" -ge 1 ] && [ "$(did kim sales 'sign out' page)" -ge 1 ] && [ "$(did kim sales ask '%배포 문서%')" = 2 ] && [ "$(did kim sales search '견적%')" -ge 1 ] || die "the audit log: $(sql "SELECT login, action, subject FROM fleet.audit")"
[ "$(did kim sales read "$(sql "SELECT id FROM fleet.meetings WHERE title = '출시 회의'")")" = 2 ] && [ "$(did kim research read '%')" = 0 ] && [ "$(sql "SELECT count(*) FROM fleet.audit WHERE action = 'read' AND subject = (SELECT id::text FROM fleet.meetings WHERE title = '연구 회의') AND login = 'fleet_member_kim'")" = 0 ] || die "what was read: $(sql "SELECT login, team, action, subject FROM fleet.audit")"
! sql_as "$reader" "SELECT fleet.did('team', 'forged')" 2>/dev/null || die "a reader writes what it likes to the audit log"
# A database that trusts whoever comes is refused: it would take any token.
printf 'local all all trust\n' | as_pg tee "$dir/pg/data/pg_hba.conf" >/dev/null
as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" reload >/dev/null
serve
python3 tests/fleet/page.py "$dir" "$(cat "$dir/address")" trust
serve_end
printf 'local all owner,keeper trust\nlocal all all scram-sha-256\n' | as_pg tee "$dir/pg/data/pg_hba.conf" >/dev/null
as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" reload >/dev/null
serve --tls "$dir/tls" --name fleet.example
python3 tests/fleet/page.py "$dir" "$(head -1 "$dir/address")" tls
serve_end
serve
python3 tests/fleet/page_browser.py "$fleet" "$dir" "$(cat "$dir/address")"
serve_end
! grep -qF -f <(cat "$dir"/*.token) "$dir/page.log" "$dir/pg/log" || die "a token in a log"
[ -z "$(find "$dir" -maxdepth 1 -name 'moim-fleet-*')" ] || die "meetings that were read are left: $(ls "$dir")"
echo "page over the fleet: all well"
