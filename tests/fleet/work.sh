#!/usr/bin/env bash
# Work for strong machines: taken once, held by a lease, tried again, set aside; results come back and keep what is the user's.
. "$(dirname "$0")/fleet.bash"
start_pg
objects
box_more='process = yes' box room1 sales
box room2 research
cat >"$dir/better" <<'P'
#!/bin/sh
# A better pass that knows its recordings: how it ends is told by files beside it.
at=$(dirname "$0")
echo "$1" >>"$at/ran"
if [ -e "$at/broken" ]; then exit 3; fi
if [ -e "$at/stuck" ]; then sleep 60; fi
cp "$1" "$at/heard.flac"
cat >"$2" <<'J'
{"title": "x", "language": "ko", "duration": 20, "state": "summarized", "segments": [
 {"id": 7, "start": 0, "end": 2.1, "speaker": "Speaker 2", "speaker_number": 2, "text": "예산은 이백만 원이 맞습니다", "confidence": 0.9, "words": []},
 {"id": 9, "start": 2.2, "end": 3.7, "speaker": "Speaker 1", "speaker_number": 1, "text": "네 아주 잘 알겠습니다", "confidence": 0.9, "words": []}],
 "minutes": {"decisions": [{"text": "예산은 이백만 원", "evidence": [7]}]}, "bookmarks": []}
J
P
chmod +x "$dir/better"
worker w1 "$dir/better"
worker w2 "$dir/better"
work() { "$fleet" worker --once --lease "${lease:-20}" --config "$dir/$1.conf"; }

# A meeting that is archived waits for a better pass; a worker does it; the next push takes the result in.
a=$(meeting room1 '예산 회의' '예산은 백만 원입니다')
mine=$(db room1 "SELECT max(id) FROM segments")
on room1 "$moim" edit "$a" "$mine" '네 알겠습니다, 이서연이' >/dev/null
push room1 --quiet
[ "$(sql "SELECT state, name, priority FROM fleet.jobs")" = 'waiting|예산 회의|0' ] || die "jobs: $(sql "SELECT * FROM fleet.jobs")"
work w1 >"$dir/out" || die "the worker: $(cat "$dir/out")"
grep -qx 'job 1 done' "$dir/out" || die "the worker said: $(cat "$dir/out")"
cmp -s "$dir/heard.flac" "$dir/room1/moim/audio/m$a.flac" || die "the worker heard other sound"
[ "$(push room1)" = "archived 1, unchanged 0, deleted 0, results taken in 1, failed 0" ] || die "the result was not taken in"
[ "$(db room1 "SELECT group_concat(text, '|') FROM (SELECT text FROM segments ORDER BY start)")" = '예산은 이백만 원이 맞습니다|네 알겠습니다, 이서연이' ] || die "lines: $(db room1 "SELECT * FROM segments")"
[ "$(db room1 "SELECT group_concat(name, '|') FROM (SELECT name FROM segments g JOIN speakers s ON s.meeting = g.meeting AND s.number = g.speaker ORDER BY g.start)")" = '김부장|이서연' ] || die "names: $(db room1 "SELECT * FROM speakers; SELECT start, speaker FROM segments")"
[ "$(db room1 "SELECT i.text, g.text FROM items i JOIN minutes m ON m.id = i.minutes JOIN evidence e ON e.item = i.id JOIN segments g ON g.id = e.segment WHERE current AND kind = 'decision'")" = '예산은 이백만 원|예산은 이백만 원이 맞습니다' ] || die "minutes"
[ "$(sql "SELECT state, result IS NULL FROM fleet.jobs; SELECT count(*) FROM fleet.segments WHERE text LIKE '%맞습니다'")" = "delivered|t
1" ] || die "after delivery"
# A delivery whose acknowledgement was lost is taken in once.
versions=$(db room1 "SELECT count(*) FROM minutes")
"$dir/better" /dev/null "$dir/result.json"
psql -X -q -h "$dir/pg" -U owner -d fleet -v r="$(cat "$dir/result.json")" <<<"UPDATE fleet.jobs SET state = 'done', result = :'r'"
push room1 --quiet
[ "$(db room1 "SELECT count(*) FROM minutes")" = "$versions" ] && [ "$(sql "SELECT state FROM fleet.jobs")" = delivered ] || die "taken in twice"

# A command that fails: again, each time later, then set aside; doctor says so; retry brings it back.
touch "$dir/broken"
b=$(meeting room1 '망가진 회의' '이 녹음은 안 됩니다')
push room1 --quiet
for k in 1 2 3 4 5; do
    work w1 >/dev/null
    # The pause, as it is when a try fails at this moment: now() stands still in a transaction.
    [ "$(sql "BEGIN; SELECT fleet.put_back(2, 'x'); SELECT attempts, run_after - now() BETWEEN interval '0.75 second' * 2 ^ attempts AND interval '1.25 second' * 2 ^ attempts FROM fleet.jobs WHERE id = 2; ROLLBACK" | tail -1)" = "$k|t" ] || die "try $k: $(sql "SELECT * FROM fleet.jobs WHERE id = 2")"
    sql "UPDATE fleet.jobs SET run_after = now() WHERE id = 2"
done
[ "$(sql "SELECT state, error FROM fleet.jobs WHERE id = 2")" = "set aside|$dir/better: exit status 3" ] || die "not set aside: $(sql "SELECT * FROM fleet.jobs WHERE id = 2")"
ran=$(wc -l <"$dir/ran")
work w1
[ "$(wc -l <"$dir/ran")" = "$ran" ] || die "a job that was set aside runs"
! "$fleet" doctor --config "$dir/owner.conf" >"$dir/doctor" 2>/dev/null && grep -q '^jobs *PROBLEM' "$dir/doctor" || die "doctor: $(cat "$dir/doctor")"
rm "$dir/broken"
admin retry 2 && work w1 >/dev/null
[ "$(sql "SELECT state FROM fleet.jobs WHERE id = 2")" = 'done' ] || die "not done after retry"

# The place of sound fails: no job is set aside for that.
c=$(meeting room1 '세 번째' '잠깐 없습니다')
push room1 --quiet
mv "$dir/objects" "$dir/away"
timeout 4 "$fleet" worker --quiet --config "$dir/w1.conf" || [ $? = 124 ] || die "a worker ended: $?"
mv "$dir/away" "$dir/objects"
[ "$(sql "SELECT state, attempts FROM fleet.jobs WHERE id = 3" | sed 's/[01]$/x/')" = 'waiting|x' ] || die "without sound: $(sql "SELECT * FROM fleet.jobs WHERE id = 3")"
sql "UPDATE fleet.jobs SET run_after = now() WHERE id = 3"

# A worker that is killed: what it ran ends too, its lease runs out, another one does the job; told to stop, it gives it back.
touch "$dir/stuck"
: >"$dir/ran"
"$fleet" worker --once --quiet --lease 3 --config "$dir/w1.conf" & pid=$!
until [ -s "$dir/ran" ]; do sleep 0.05; done
child=$(pgrep -P $pid)
kill -9 $pid; wait $pid 2>/dev/null || true
until ! kill -0 "$child" 2>/dev/null; do sleep 0.05; done
rm "$dir/stuck"
old=$(sql "SELECT lease FROM fleet.jobs WHERE id = 3")
until [ "$(sql "SELECT lease_until < now() FROM fleet.jobs WHERE id = 3")" = t ]; do sleep 0.2; done
work w2 >/dev/null; sql "UPDATE fleet.jobs SET run_after = now() WHERE id = 3"; work w2 >/dev/null
[ "$(sql "SELECT state, worker FROM fleet.jobs WHERE id = 3")" = 'done|fleet_worker_w2' ] || die "after a kill: $(sql "SELECT * FROM fleet.jobs WHERE id = 3")"
[ "$(sql_as fleet_worker_w1 "SELECT fleet.finish(3, '$old', 'late', NULL, NULL, NULL), fleet.fail(3, '$old', 'late'), fleet.beat(3, '$old', 9)")" = 'f|f|f' ] || die "a lease that has ended has an effect"
touch "$dir/stuck"
: >"$dir/ran"
d=$(meeting room1 '네 번째' '멈춥니다')
push room1 --quiet
"$fleet" worker --quiet --config "$dir/w1.conf" & pid=$!
until [ -s "$dir/ran" ]; do sleep 0.05; done
kill -TERM $pid; wait $pid || die "a worker that is told to stop: $?"
rm "$dir/stuck"
[ "$(sql "SELECT state, attempts FROM fleet.jobs WHERE name = '네 번째'")" = 'waiting|0' ] || die "not given back"

# A bulk of recordings: each becomes a meeting of the team, once.
mkdir "$dir/bulk"
for n in 1 2 3; do head -c 2000 /dev/urandom >"$dir/bulk/녹음 $n.wav"; done
[ "$(on room2 "$fleet" enqueue --priority 5 --config "$dir/room2.conf" "$dir/bulk")" = 'queued 3' ] || die "bulk"
[ "$(on room2 "$fleet" enqueue --config "$dir/room2.conf" "$dir/bulk")" = 'queued 0' ] || die "bulk twice"
: >"$dir/ran"
work w2 >/dev/null
[ "$(sql "SELECT string_agg(title, ',' ORDER BY title) FROM fleet.meetings WHERE team = 2")" = '녹음 1,녹음 2,녹음 3' ] || die "bulk: $(sql "SELECT title, local_id FROM fleet.meetings")"
[ "$(sql "SELECT count(*) FROM fleet.segments WHERE team = 2")" = 6 ] || die "words of the bulk"
[ "$(on room2 "$fleet" enqueue --config "$dir/room2.conf" "$dir/bulk")" = 'queued 0' ] || die "bulk once more"
[ "$(sql "SELECT count(*) FROM fleet.jobs WHERE state = 'waiting'")" = 0 ] || die "left waiting"

# Order: priority first, then rooms in turn.
sql "INSERT INTO fleet.jobs(box, team, object, priority, name) SELECT b, 1, b || '/o' || p || '-' || n, p, b || ':' || p FROM generate_series(1, 2) b, (VALUES (0), (9)) v(p), generate_series(1, 3) n ORDER BY b, p, n"
[ "$(for _ in 1 2 3 4 5 6 7 8; do echo "SELECT name FROM fleet.take(60);"; done | PGPASSWORD=$(cat "$dir/fleet_worker_w1.token") psql -X -q -At -h "$dir/pg" -U fleet_worker_w1 -d fleet | sort | uniq -c | tr -s ' \n' ' ')" = " 1 1:0 3 1:9 1 2:0 3 2:9 " ] || die "order"
[ "$(sql "SELECT count(DISTINCT box), count(*) FROM (SELECT box FROM fleet.jobs WHERE state = 'leased' AND priority = 9 ORDER BY lease_until LIMIT 2) x")" = '2|2' ] || die "one room was served twice in a row"

# Deleting a meeting takes its job away, whatever a worker holds.
sql "UPDATE fleet.jobs SET state = 'waiting', attempts = 0, lease = NULL, run_after = now() WHERE id = 3"
on room1 "$moim" delete --for-good "$c" >/dev/null
push room1 --quiet
[ "$(sql "SELECT count(*) FROM fleet.jobs WHERE id = 3")" = 0 ] || die "a job of a deleted meeting"
admin revoke fleet_worker_w1
! work w1 2>/dev/null || die "a revoked worker works"
echo "work: all well"
