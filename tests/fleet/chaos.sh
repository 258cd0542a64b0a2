#!/usr/bin/env bash
# Everything fails for a while: the database is restarted and killed, boxes and workers are killed, the bucket answers 500,
# stalls and hangs up. At the end every meeting is archived once and whole, and every job is done once.
#   CHAOS=SECONDS (default 15) MEETINGS=N a box (default 4)
. "$(dirname "$0")/fleet.bash"
start_pg on
"$fleet" keygen "$dir/public" "$dir/secret"
python3 tests/fleet/s3.py "$dir/port" key hidden 2>"$dir/s3.log" & s3=$!
until [ -s "$dir/port" ]; do sleep 0.05; done
objects_at=s3://sound/fleet
bucket="s3_endpoint = http://127.0.0.1:$(cat "$dir/port")
s3_access_key = key
s3_secret_key = hidden"
box_more="$bucket
process = yes"
box room1 sales
box room2 research
cat >"$dir/better" <<'P'
#!/bin/sh
sleep 0.1
printf '{"title": "x", "language": "ko", "duration": 20, "state": "summarized", "segments": [{"id": 1, "start": 0, "end": 3, "text": "더 좋은 글 %s", "confidence": 0.9, "words": []}], "minutes": {}, "bookmarks": []}' "$(sha256sum "$1" | cut -c1-8)" >"$2"
P
chmod +x "$dir/better"
# Half of the machines have clocks that are an hour off, one ahead, one behind.
cat >"$dir/skew.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long skew(void) { const char *s = getenv("SKEW"); return s ? atol(s) : 0; }
int clock_gettime(clockid_t id, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int rc = real(id, t);
    if (id == CLOCK_REALTIME) t->tv_sec += skew();
    return rc;
}
time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}
int gettimeofday(struct timeval *v, void *zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    v->tv_sec = t.tv_sec, v->tv_usec = t.tv_nsec / 1000;
    return 0;
}
C
gcc -shared -fPIC -o "$dir/skew.so" "$dir/skew.c"
printf 'import time; print(int(time.time()))' >"$dir/clock.py"
[ $(($(SKEW=3600 LD_PRELOAD=$dir/skew.so python3 "$dir/clock.py") - $(python3 "$dir/clock.py"))) -ge 3500 ] || die "no skew"
for w in w1 w2; do box_more=$bucket worker $w "$dir/better"; done

# Wrong keys and faults are told, not taken for an empty bucket.
sed 's/hidden/wrong/' "$dir/room1.conf" >"$dir/wrong.conf"
meeting room1 '첫 회의' '열쇠' >/dev/null
! XDG_DATA_HOME="$dir/room1" "$fleet" push --config "$dir/wrong.conf" >/dev/null 2>"$dir/err" && grep -q 'answered 403' "$dir/err" || die "wrong keys: $(cat "$dir/err")"
push room1 --quiet || die "the bucket refuses what is well signed: $(cat "$dir/s3.log")"
for r in room1 room2; do for ((i = 1; i <= ${MEETINGS:-4}; i++)); do meeting $r "회의 $i" "안건 $r $i 입니다" >/dev/null; done; done

# Box and worker loops that are killed and started again by themselves.
end=$(($(date +%s) + ${CHAOS:-15}))
again() { while [ ! -e "$dir/stop" ]; do timeout -s KILL "$(shuf -n1 -e 0.3 0.7 1.5 3)" "$@" >/dev/null 2>&1 || true; done; }
XDG_DATA_HOME=$dir/room1 again "$fleet" push --quiet --config "$dir/room1.conf" 2>/dev/null &
XDG_DATA_HOME=$dir/room2 SKEW=3600 LD_PRELOAD=$dir/skew.so again "$fleet" push --quiet --config "$dir/room2.conf" 2>/dev/null &
again "$fleet" worker --quiet --lease 3 --config "$dir/w1.conf" 2>/dev/null &
SKEW=-3600 LD_PRELOAD=$dir/skew.so again "$fleet" worker --quiet --lease 3 --config "$dir/w2.conf" 2>/dev/null &
n=0
while [ "$(date +%s)" -lt $end ]; do
    case $((n++ % 6)) in
    0) echo 500 >"$dir/port.fault" ;;
    1) as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" -m fast -w restart -l "$dir/pg/log" >/dev/null 2>&1 || pg_up ;;
    2) echo stall 2 >"$dir/port.fault" ;;
    3) kill -9 "$(head -1 "$dir/pg/data/postmaster.pid")"; sleep 0.5; rm -f "$dir/port.fault"
       until as_pg "$pgbin/pg_ctl" -D "$dir/pg/data" -w -t 60 -l "$dir/pg/log" start >/dev/null 2>&1; do sleep 0.5; done ;;
    4) echo drop >"$dir/port.fault" ;;
    5) rm -f "$dir/port.fault" ;;
    esac
    sleep 1
done
rm -f "$dir/port.fault"
touch "$dir/stop"
for p in $(jobs -p); do [ "$p" = $s3 ] || wait "$p" 2>/dev/null || true; done

# Quiet again: what is left is done, and nothing is lost or there twice.
until push room1 --quiet && push room2 --quiet; do sleep 0.5; done
sql "UPDATE fleet.jobs SET run_after = now(), lease_until = least(lease_until, now()) WHERE state IN ('waiting', 'leased')"
until [ "$(sql "SELECT count(*) FROM fleet.jobs WHERE state IN ('waiting', 'leased')")" = 0 ]; do
    "$fleet" worker --once --quiet --lease 20 --config "$dir/w1.conf"
    sql "UPDATE fleet.jobs SET run_after = now() WHERE state = 'waiting'; UPDATE fleet.jobs SET state = 'waiting', attempts = 0 WHERE state = 'set aside'"
done
for _ in 1 2; do push room1 --quiet; push room2 --quiet; done
for r in room1 room2; do
    b=$(sql "SELECT id FROM fleet.boxes WHERE name = '$r'")
    [ "$(sql "SELECT string_agg(local_id || ' ' || s.id || ' ' || s.text, '|' ORDER BY local_id, s.id) FROM fleet.meetings m JOIN fleet.segments s ON s.meeting = m.id WHERE box = $b")" = \
        "$(db $r "SELECT group_concat(meeting || ' ' || id || ' ' || text, '|') FROM (SELECT * FROM segments ORDER BY meeting, id)")" ] || die "$r is not archived as it is"
    [ "$(db $r "SELECT count(*) FROM meetings m WHERE NOT EXISTS (SELECT 1 FROM segments WHERE meeting = m.id AND text LIKE '더 좋은 글%')")" = 0 ] || die "$r lacks results: $(db $r "SELECT meeting, text FROM segments")"
done
[ "$(sql "SELECT count(*) = count(DISTINCT meeting) AND bool_and(state = 'delivered') FROM fleet.jobs")" = t ] || die "jobs: $(sql "SELECT meeting, state, attempts, error FROM fleet.jobs")"
# Sound: each is there, whole, and says what the result was made of.
[ "$(sql "SELECT count(*) - count(object) FROM fleet.meetings")" = 0 ] || die "sound is missing"
echo "chaos: all well after $n faults, $(sql "SELECT count(*) || ' meetings, ' || (SELECT sum(attempts) FROM fleet.jobs) || ' tries of ' || (SELECT count(*) FROM fleet.jobs) || ' jobs' FROM fleet.meetings")"

# A bucket in bulk, page by page.
on room1 "$fleet" enqueue --config "$dir/room1.conf" s3://sound/fleet/ >"$dir/out"
[ "$(cat "$dir/out")" = "queued $(sql "SELECT count(*) FROM fleet.meetings WHERE local_id > 0")" ] || die "a bucket in bulk: $(cat "$dir/out")"
[ "$("$fleet" worker --once --config "$dir/w2.conf" | grep 'not below the bucket' | sort -u | wc -l)" = "$(sed 's/queued //' "$dir/out")" ] || die "a worker fetches what its settings do not allow"
sql "UPDATE fleet.jobs SET run_after = now() WHERE state = 'waiting'"
echo 'bulk = s3://sound/fleet/' >>"$dir/w2.conf"
"$fleet" worker --once --quiet --config "$dir/w2.conf"
[ "$(sql "SELECT count(*) FROM fleet.meetings WHERE local_id < 0")" = "$(sed 's/queued //' "$dir/out")" ] || die "a bucket in bulk is not done"
# Deleting reaches the bucket.
id=$(db room1 "SELECT min(id) FROM meetings"); o=$(sql "SELECT object FROM fleet.meetings m JOIN fleet.boxes b ON b.id = box WHERE b.name = 'room1' AND local_id = $id")
on room1 "$moim" delete --for-good "$id" >/dev/null
push room1 --quiet
on room1 "$fleet" enqueue --config "$dir/room1.conf" "s3://sound/fleet/$o" | grep -qx 'queued 0' || die "sound of a deleted meeting is in the bucket"
echo "chaos: all well"
