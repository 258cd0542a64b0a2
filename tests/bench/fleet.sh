#!/usr/bin/env bash
# Figures of the fleet on this machine: the queue at 100,000 waiting jobs, workers side by side on jobs of fixed length,
# archiving and searching synthetic meetings.
#   JOBS=100000 HOURS=200 SCALE_JOBS=40 fleet.sh
. "$(dirname "$0")/../fleet/fleet.bash"
start_pg on
objects
for ((b = 1; b <= 20; b++)); do box "room$b" sales; done
worker w1 /bin/true
echo "== take and finish at ${JOBS:-100000} waiting, 20 rooms"
for ((from = 1; from <= ${JOBS:-100000}; from += 2000)); do # as boxes do: not all in one transaction
    sql "INSERT INTO fleet.jobs(box, team, meeting, object) SELECT 1 + n % 20, 1, NULL, (1 + n % 20) || '/o' || n FROM generate_series($from, $from + 1999) n"
done
sql "VACUUM ANALYZE fleet.jobs"
cat >"$dir/take.sql" <<'S'
SELECT id AS j, lease AS l FROM fleet.take(60) \gset
SELECT fleet.beat(:j, ':l', 60);
SELECT fleet.release(:j, ':l');
S
for clients in 1 4; do
    PGPASSWORD=$(cat "$dir/fleet_worker_w1.token") "$pgbin/pgbench" -n -h "$dir/pg" -U fleet_worker_w1 -c $clients -j 1 -T 8 -f "$dir/take.sql" fleet 2>/dev/null | sed -n "s/^\(latency average\|tps\)/$clients clients: &/p"
done
# What the database computes for a job, whatever else the machine does: processor time of the session.
coproc one { PGPASSWORD=$(cat "$dir/fleet_worker_w1.token") psql -X -q -At -h "$dir/pg" -U fleet_worker_w1 -d fleet 2>&1; }
echo 'SELECT pg_backend_pid();' >&"${one[1]}"
read -r backend <&"${one[0]}"
for _ in $(seq 300); do cat "$dir/take.sql"; done >&"${one[1]}"
echo "SELECT 'end';" >&"${one[1]}"
until read -r line <&"${one[0]}" && [ "$line" = end ]; do :; done
awk '{printf "processor time: %.2f ms a job\n", ($14 + $15) * 10 / 300}' "/proc/$backend/stat"
sql "DELETE FROM fleet.jobs"

echo "== workers on ${SCALE_JOBS:-40} jobs of 1 s"
cat >"$dir/sleep" <<'P'
#!/bin/sh
sleep 1
printf '{"title": "x", "language": "ko", "duration": 20, "state": "summarized", "segments": [{"id": 1, "start": 0, "end": 3, "text": "글", "words": []}], "minutes": {}, "bookmarks": []}' >"$2"
P
chmod +x "$dir/sleep"
for w in s1 s2 s3 s4; do worker $w "$dir/sleep"; done
head -c 20000 /dev/urandom >"$dir/sound"; mkdir "$dir/bulk"
for workers in 1 2 4; do
    rm -f "$dir"/bulk/*
    for ((i = 0; i < ${SCALE_JOBS:-40}; i++)); do head -c 2000 /dev/urandom >"$dir/bulk/$workers-$i.wav"; done
    on room1 "$fleet" enqueue --quiet --config "$dir/room1.conf" "$dir/bulk"
    start=$(date +%s.%N) pids=
    for w in $(seq $workers); do "$fleet" worker --once --quiet --config "$dir/s$w.conf" & pids+=" $!"; done
    for p in $pids; do wait "$p"; done
    took=$(python3 -c "print($(date +%s.%N) - $start)")
    one_took=${one_took:-$took}
    python3 -c "w, t, one = $workers, $took, $one_took; print(f'{w} workers: {t:.1f} s, {100 * one / t / w:.0f} % of linear')"
done

echo "== ${HOURS:-200} hours: 720 lines an hour, 10 words a line"
python3 - "$dir" "${HOURS:-200}" <<'P'
import json, random, sys
random.seed(1)
d, hours = sys.argv[1], int(sys.argv[2])
s = "예산 일정 회의 견적 고객 계약 검토 승인 배포 시험 결과 자료 보고 담당 요청 변경 납품 단가 설계 품질 점검 교육 채용 평가 협의 확정".split()
end = "을 를 이 가 은 는 에서 으로 까지 합니다 했습니다 하겠습니다 입니다 인데요".split()
words = [a + b + c for a in s for b in s[:13] for c in end]
with open(d + "/in.sql", "w") as f:
    for h in range(hours):
        lines = []
        for i in range(720):
            w = random.choices(words, k=10)
            if h == 7 and i == 3:
                w[2] = "희귀단어를"
            lines.append({"id": h * 720 + i + 1, "start": i * 5, "end": i * 5 + 5, "speaker": i % 4, "text": " ".join(w), "first_pass": "", "language": "ko",
                          "words": [[i * 5 + k / 2, i * 5 + k / 2 + .5, .9, x] for k, x in enumerate(w)], "confidence": .9, "edited": 0})
        doc = {"id": h + 1, "title": f"회의 {h}", "started_at": 1700000000 + h * 3600, "duration": 3600, "language": "ko", "state": 4, "segments": lines,
               "speakers": [], "items": [], "tags": [], "bookmarks": [], "passages": [], "edits": []}
        f.write("SELECT fleet.archive($j$" + json.dumps(doc, ensure_ascii=False) + f"$j$, 'd{h}', NULL, NULL);\n")
P
PGPASSWORD=$(cat "$dir/fleet_box_room1.token"); export PGPASSWORD
start=$(date +%s.%N)
psql -X -q -At -h "$dir/pg" -U fleet_box_room1 -d fleet -f "$dir/in.sql" >/dev/null
python3 -c "t = $(date +%s.%N) - $start; print(f'archived in {t:.1f} s: {${HOURS:-200} * 60 / t:.0f} hours a minute, one connection')"
unset PGPASSWORD
sql "VACUUM ANALYZE fleet.segments"
sql "SELECT count(*) || ' lines, table ' || pg_size_pretty(pg_table_size('fleet.segments')) || ', word index ' || pg_size_pretty(pg_relation_size('fleet.segments_words')) FROM fleet.segments"
boss=$(login member Acme sales boss --role admin)
for q in 희귀단어 견적 '견적을 예산' '품질채용까지' 없는말; do
    for _ in $(seq 20); do echo "\\timing on
SELECT count(*) FROM fleet.candidates(regexp_split_to_array('$q', '\\s+'), NULL, NULL, '', '', 20) c JOIN fleet.segments s ON s.meeting = c.meeting AND s.id = c.segment;"; done |
        PGPASSWORD=$(cat "$dir/$boss.token") psql -X -At -h "$dir/pg" -U "$boss" -d fleet | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | awk -v q="$q" '{a[NR] = $1} END {printf "search %s: p50 %.0f ms, p95 %.0f ms\n", q, a[int(NR * .5)], a[int(NR * .95)]}'
done
