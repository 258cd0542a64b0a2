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

# Processor time of the database so far, in milliseconds: of the server and of all its processes that have ended.
server_ms() { sleep 1; awk '{print ($14 + $15 + $16 + $17) * 10}' "/proc/$(head -1 "$dir/pg/data/postmaster.pid")/stat"; }
echo "== ${HOURS:-160} hours from four boxes at once: 720 lines of 10 words an hour, 300 passages"
each=$((${HOURS:-160} / 4))
for b in 1 2 3 4; do
    on "room$b" "$moim" list >/dev/null
    python3 tests/bench/fleet_store.py "$dir/room$b/moim/moim.db" $each $((b * each))
done
before=$(server_ms) start=$(date +%s.%N) pids=
for b in 1 2 3 4; do push "room$b" --quiet & pids+=" $!"; done
for p in $pids; do wait "$p"; done
took=$(python3 -c "print($(date +%s.%N) - $start)")
python3 -c "h, t, c = 4 * $each, $took, $(server_ms) - $before; print(f'archived in {t:.1f} s: {60 * h / t:.0f} hours a minute; processor time of the database {c / h:.0f} ms an hour')"
sql "VACUUM ANALYZE"
admin index
sql "SELECT relname || ' ' || pg_size_pretty(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'fleet'::regnamespace AND pg_relation_size(oid) > 500000 ORDER BY pg_relation_size(oid) DESC"
boss=$(login member Acme sales boss --role admin)
# time NAME FILE: a statement for each line of a file, in one session; the first ten warm it.
time_each() {
    { echo '\timing on'; cat "$2"; } | PGPASSWORD=$(cat "$dir/$boss.token") psql -X -At -h "$dir/pg" -U "$boss" -d fleet | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n +11 | sort -n |
        awk -v q="$1" '{a[NR] = $1} END {printf "search %s: %d times, p50 %.0f ms, p95 %.0f ms, longest %.0f ms\n", q, NR, a[int((NR + 1) * .5)], a[int((NR + 1) * .95)], a[NR]}'
}
# Words as they occur (a frequent word more often), two of them, rare ones, and none.
words() { sql "SELECT format('SELECT count(*) FROM fleet.candidates(%L, NULL, NULL, %L, %L, 20);', ARRAY[$1], '', '') FROM (SELECT string_to_array(text, ' ') AS w FROM fleet.segments TABLESAMPLE SYSTEM (5) ORDER BY random() LIMIT 110) x" >"$dir/q.sql"; }
words 'w[1]'; time_each 'for one word' "$dir/q.sql"
words 'w[1], w[2]'; time_each 'for two words of a line' "$dir/q.sql"
words "left(w[4], 2) || substr(w[7], 1, 2)"; time_each 'for what nobody said' "$dir/q.sql"
sql "SELECT format('SELECT count(*) FROM fleet.near(%L, NULL, NULL, %L, %L, 32, 512) n JOIN fleet.passages p USING (meeting, start);', code, '', '') FROM fleet.passages TABLESAMPLE SYSTEM (5) ORDER BY random() LIMIT 110" >"$dir/q.sql"
time_each 'by meaning, 32 cells' "$dir/q.sql"
