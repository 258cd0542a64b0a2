#!/usr/bin/env bash
# A whole fleet on this machine for trying: a PostgreSQL on a socket of its own, a directory for sound, three boxes, two
# workers. Everything lies in one folder that goes at the end.
#   demo.sh MOIM MOIM-FLEET
MOIM=$1 MOIM_FLEET=$2
export MOIM MOIM_FLEET
. "$(dirname "$0")/../../../tests/fleet/fleet.bash"
echo "== a PostgreSQL of its own, schema, teams, keys"
start_pg
objects
cat >"$dir/better" <<'P'
#!/bin/sh
# Stands for a strong machine's recognition, so that the demonstration needs no models.
sleep 0.5
printf '{"title": "x", "language": "ko", "duration": 20, "state": "summarized", "segments": [{"id": 1, "start": 0, "end": 3, "text": "견적서를 수요일까지 보내기로 했습니다, 더 좋은 기계가 들은 대로", "words": []}], "minutes": {}, "bookmarks": []}' >"$2"
P
chmod +x "$dir/better"
echo "== three boxes record and push"
for n in 1 2 3; do
    box_more='process = yes' box "room$n" "$([ $n = 3 ] && echo research || echo sales)"
    meeting "room$n" "회의실 $n" "견적서를 보냅시다" >/dev/null
    echo "room$n: $(push "room$n")"
done
echo "== two workers"
for w in w1 w2; do worker $w "$dir/better"; "$fleet" worker --once --config "$dir/$w.conf" | sed "s/^/$w: /" & pids+=" $!"; done
for p in $pids; do wait "$p"; done
for n in 1 2 3; do echo "room$n: $(push "room$n")"; done
echo "== who sees what: a reader of sales, the organisation's admin"
for who in "kim reader" "boss admin"; do
    u=$(login member Acme sales ${who% *} --role ${who#* })
    printf 'user = %s\ntoken_file = %s\n' "$u" "$dir/$u.token" | conf "$u"
    echo "-- $u: moim-fleet search 수요일"
    "$fleet" search --config "$dir/$u.conf" 수요일
done
echo "== doctor and metrics"
"$fleet" doctor --config "$dir/owner.conf"
"$fleet" metrics --config "$dir/owner.conf" | grep -v '^#' | head -12
