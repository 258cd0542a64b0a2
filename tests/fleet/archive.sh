#!/usr/bin/env bash
# Meetings go from a box to the archive once and whole; corrections and deletions follow; what is cut off is taken up again.
. "$(dirname "$0")/fleet.bash"
start_pg
objects
box room1 sales
a=$(meeting room1 '첫 회의' '예산은 백만 원입니다')
b=$(meeting room1 '둘째 회의' '일정을 정합시다')
c=$(on room1 "$moim" import --no-minutes "$dir/m.json" 2>/dev/null)
db room1 "UPDATE meetings SET state = 0, title = 'still recording' WHERE id = $c;
  INSERT INTO bookmarks(meeting, at, note) VALUES($a, 3, '중요');
  UPDATE segments SET words = '[[0.5, 0.9, 0.8, \"예산은\"]]', speaker_certainty = 0.62 WHERE id = (SELECT min(id) FROM segments);
  INSERT INTO passages(meeting, start, last, end, vector) SELECT $a, 0, 0, 5, CAST(x'0000803F' || zeroblob(200) || randomblob(184) AS BLOB)"

# The object store fails first: nothing is half there, and the next push does what is left.
mv "$dir/objects" "$dir/away"
! push room1 --quiet 2>/dev/null || die "a push without the place of sound went well"
[ "$(sql "SELECT count(*) FROM fleet.meetings")" = 0 ] || die "a meeting without its sound"
mv "$dir/away" "$dir/objects"
[ "$(push room1)" = "archived 2, unchanged 0, deleted 0, results taken in 0, failed 0" ] || die "the first push"
[ "$(push room1)" = "archived 0, unchanged 2, deleted 0, results taken in 0, failed 0" ] || die "the second push"
[ "$(sql "SELECT string_agg(title || version, ',' ORDER BY local_id) FROM fleet.meetings")" = "첫 회의1,둘째 회의1" ] || die "archived: $(sql "SELECT * FROM fleet.meetings")"
# All that there is.
for q in "string_agg(text, '|' ORDER BY meeting, id) FROM fleet.segments=group_concat(text, '|') FROM (SELECT * FROM segments WHERE meeting <> $c ORDER BY meeting, id)" \
    "string_agg(name, '|' ORDER BY meeting, number) FROM fleet.speakers=group_concat(name, '|') FROM (SELECT * FROM speakers WHERE meeting <> $c ORDER BY meeting, number)" \
    "string_agg(coalesce(speaker_certainty::text, '-'), '|' ORDER BY meeting, id) FROM fleet.segments=group_concat(coalesce(speaker_certainty, '-'), '|') FROM (SELECT * FROM segments WHERE meeting <> $c ORDER BY meeting, id)" \
    "count(*) FROM fleet.tasks WHERE owner = '김부장' AND due_date = '2026-03-11' AND cardinality(evidence) = 1=2" "note FROM fleet.bookmarks='중요'" \
    "words FROM fleet.segments ORDER BY meeting, id LIMIT 1=words FROM segments ORDER BY id LIMIT 1" "count(*) FROM fleet.tags WHERE tag = '영업'=2" "upper(encode(vector, 'hex')) FROM fleet.passages=hex(vector) FROM passages"; do
    [ "$(sql "SELECT ${q%=*}")" = "$(db room1 "SELECT ${q##*=}")" ] || [ "$(sql "SELECT ${q%=*}")" = "${q##*=}" ] || die "$q: $(sql "SELECT ${q%=*}")"
done
[ "$(sql "SELECT left(code::text, 200) = repeat('1', 200) AND bit_count(code) < 384 FROM fleet.passages")" = t ] || die "codes"

# Sound is sealed for the fleet: nobody else opens it, and a changed or cut one is told.
for o in $(sql "SELECT object FROM fleet.meetings"); do
    [ -f "$dir/objects/$o" ] && [ "$(stat -c %s "$dir/objects/$o")" = "$(sql "SELECT object_bytes FROM fleet.meetings WHERE object = '$o'")" ] || die "$o is not there, or of another size"
done
before=$(sha256sum "$dir"/objects/*/*)

# A correction follows alone: other lines and the sound are left as they are.
sql "CREATE TABLE was AS SELECT meeting, id, xmin::text AS x FROM fleet.segments"
line=$(db room1 "SELECT min(id) FROM segments WHERE meeting = $a")
on room1 "$moim" edit "$a" "$line" '예산은 이백만 원입니다' >/dev/null
db room1 "SELECT text FROM segments WHERE id = $line" | grep -q 이백만 || die "not corrected"
[ "$(push room1)" = "archived 1, unchanged 1, deleted 0, results taken in 0, failed 0" ] || die "after a correction"
[ "$(sql "SELECT version FROM fleet.meetings WHERE local_id = $a; SELECT text, edited FROM fleet.segments WHERE id = $line; SELECT before FROM fleet.corrections")" = "2
예산은 이백만 원입니다|t
예산은 백만 원입니다" ] || die "the correction: $(sql "SELECT * FROM fleet.corrections")"
[ "$(sql "SELECT count(*) FROM fleet.segments s JOIN was USING (meeting, id) WHERE s.xmin::text <> x")" = 1 ] || die "lines that did not change were written"
[ "$before" = "$(sha256sum "$dir"/objects/*/*)" ] || die "sound was put again"

# Cut off anywhere: the next push makes it whole, nothing is there twice.
for _ in 1 2 3 4 5 6; do meeting room1 '또' "안건 $RANDOM 입니다" >/dev/null; done
for ms in 05 15 30 60; do
    timeout -s KILL 0.$ms env XDG_DATA_HOME="$dir/room1" "$fleet" push --quiet --config "$dir/room1.conf" 2>/dev/null || true
done 2>/dev/null
pids=
for _ in 1 2 3; do push room1 --quiet 2>/dev/null & pids+=" $!"; done # several at once: one works, others say so
for p in $pids; do wait "$p" || true; done
until push room1 --quiet 2>"$dir/err"; do grep -q 'another push' "$dir/err" || die "$(cat "$dir/err")"; done
[ "$(sql "SELECT count(*), count(DISTINCT local_id), count(object) FROM fleet.meetings")" = "8|8|8" ] || die "after kills: $(sql "SELECT box, local_id, version, object FROM fleet.meetings")"
[ "$(find "$dir/objects" -type f ! -name '*.part*' | wc -l)" = 8 ] || die "objects after kills: $(find "$dir/objects" -type f)"
[ "$(sql "SELECT string_agg(text, '|' ORDER BY meeting, id) FROM fleet.segments")" = "$(db room1 "SELECT group_concat(text, '|') FROM (SELECT * FROM segments WHERE meeting <> $c ORDER BY meeting, id)")" ] || die "not whole after kills"

# Deleted for good: words at once, sound as soon as its place can be reached, and never again.
on room1 "$moim" backup "$dir/b.zip" >/dev/null 2>&1 || die "no backup"
gone=$(sql "SELECT object FROM fleet.meetings WHERE local_id = $b")
on room1 "$moim" delete --for-good "$b" >/dev/null
mv "$dir/objects" "$dir/away"
! push room1 --quiet 2>/dev/null || die "sound was not removed, and nobody said so"
[ "$(sql "SELECT count(*) FROM fleet.meetings WHERE local_id = $b; SELECT count(*) FROM fleet.dead_objects")" = "0
1" ] || die "words of a deleted meeting"
mv "$dir/away" "$dir/objects"
[ "$(push room1)" = "archived 0, unchanged 7, deleted 0, results taken in 0, failed 0" ] || die "after deleting"
[ ! -e "$dir/objects/$gone" ] && [ "$(sql "SELECT count(*) FROM fleet.dead_objects")" = 0 ] || die "sound of a deleted meeting is there"
! sql_as fleet_box_room1 "SELECT fleet.archive('{\"id\": $b}', NULL, 'x', NULL, NULL)" >/dev/null 2>"$dir/err" && grep -q 'deleted for good' "$dir/err" || die "a deleted meeting came back: $(cat "$dir/err")"
# Sound that the box made room of stays in the archive.
rm "$dir/room1/moim/audio/m$a.flac"; db room1 "UPDATE meetings SET audio = '' WHERE id = $a"
push room1 --quiet
[ -f "$dir/objects/$(sql "SELECT object FROM fleet.meetings WHERE local_id = $a")" ] || die "the archive's sound went with the box's"

# In the trash of the box its words are gone from the archive; taken out, they are back.
member=$(login member Acme sales kim)
db room1 "UPDATE meetings SET trashed_at = 5 WHERE id = $a"
push room1 --quiet
[ "$(sql_as "$member" "SELECT count(*) FROM fleet.meetings")" = 6 ] && [ "$(sql "SELECT count(*) FROM fleet.segments s JOIN fleet.meetings m ON m.id = s.meeting WHERE local_id = $a OR title = '첫 회의'")" = 0 ] || die "a meeting in the trash can be read"
db room1 "UPDATE meetings SET trashed_at = 0 WHERE id = $a"
push room1 --quiet
[ "$(sql_as "$member" "SELECT count(*) FROM fleet.segments s JOIN fleet.meetings m ON m.id = s.meeting WHERE local_id = $a")" = 2 ] || die "a meeting out of the trash is not back"
# What was ticked off is, and what was removed is not there.
db room1 "UPDATE items SET done_at = 1700000000 WHERE id = (SELECT min(i.id) FROM items i JOIN minutes n ON n.id = i.minutes WHERE n.meeting = $a)"
push room1 --quiet
[ "$(sql "SELECT extract(epoch FROM done_at)::int FROM fleet.tasks t JOIN fleet.meetings m ON m.id = t.meeting WHERE local_id = $a")" = 1700000000 ] || die "a task that was ticked off"
db room1 "UPDATE items SET removed = 1 WHERE done_at > 0"
push room1 --quiet
[ "$(sql "SELECT count(*) FROM fleet.tasks t JOIN fleet.meetings m ON m.id = t.meeting WHERE local_id = $a")" = 0 ] || die "a removed line is there"

# One that the database refuses keeps none of the others that go with it.
sql "ALTER TABLE fleet.meetings ADD CONSTRAINT refused CHECK(title <> '나쁜 회의')"
more=; for t in '좋은 회의' '나쁜 회의' '다른 회의'; do more+=" $(meeting room1 "$t" '같이 갑니다')"; done
! push room1 >"$dir/out" 2>"$dir/err" && grep -qx 'archived 2, unchanged 7, deleted 0, results taken in 0, failed 1' "$dir/out" || die "one was refused: $(cat "$dir/out" "$dir/err")"
sql "ALTER TABLE fleet.meetings DROP CONSTRAINT refused"
[ "$(push room1)" = "archived 1, unchanged 9, deleted 0, results taken in 0, failed 0" ] || die "after a refusal"
for m in $more; do on room1 "$moim" delete --for-good "$m" >/dev/null; done
[ "$(push room1)" = "archived 0, unchanged 7, deleted 3, results taken in 0, failed 0" ] || die "deleted again"
# What words are looked up by goes with them, and is what the lines say.
[ "$(sql "SELECT count(*) FROM fleet.blocks WHERE meeting NOT IN (SELECT meeting FROM fleet.segments); SELECT count(*) FROM fleet.meetings m, fleet.blocks_of(m.id) x LEFT JOIN fleet.blocks b USING (place) WHERE b.meeting = m.id AND (b.lines <> x.lines OR b.grams IS DISTINCT FROM (SELECT array_agg(g ORDER BY g) FROM unnest(x.grams) g)); SELECT sum(cardinality(lines)) = (SELECT count(*) FROM fleet.segments) FROM fleet.blocks")" = "0
0
t" ] || die "blocks: $(sql "SELECT meeting, place, lines FROM fleet.blocks")"

# Another store under the name of this box deletes nothing.
cp -a "$dir/room1" "$dir/keep"
rm -r "$dir/room1/moim"; mkdir -p "$dir/room1/moim/audio"; meeting room1 '새 카드' '새로 시작' >/dev/null
! push room1 --quiet 2>"$dir/err" && grep -q 'register a new box' "$dir/err" || die "a new card: $(cat "$dir/err")"
! push room1 --quiet --adopt 2>"$dir/err" && grep -q 'register a new box' "$dir/err" || die "a new card that is adopted: $(cat "$dir/err")"
[ "$(sql "SELECT count(*) FROM fleet.meetings")" = 7 ] || die "a new card deleted the archive"
rm -r "$dir/room1"; mv "$dir/keep" "$dir/room1"
push room1 --quiet --adopt

# A box that was stolen.
admin revoke fleet_box_room1
! push room1 --quiet 2>"$dir/err" && [ "$(wc -l <"$dir/err")" = 1 ] || die "a revoked box archives: $(cat "$dir/err")"
"$fleet" doctor --config "$dir/owner.conf" >"$dir/doctor" || die "doctor: $(cat "$dir/doctor")"
grep -q '^schema *ok' "$dir/doctor" && grep -q '^rights *ok' "$dir/doctor" || die "doctor: $(cat "$dir/doctor")"
"$fleet" metrics --config "$dir/owner.conf" | grep -qx 'moim_fleet_meetings 7' || die "metrics"
"$fleet" metrics --config "$dir/owner.conf" | python3 -c 'import re, sys
for l in sys.stdin: assert re.fullmatch(r"# TYPE [a-z_]+ gauge|[a-z_]+(\{[a-z]+=\"[^\"]*\"\})? [0-9.e+-]+", l.rstrip()), l' || die "not the text format"
echo "archive: all well"
