-- Archiving in bulk. A document is taken apart in one pass as json, word times (three quarters of it) come beside it and are
-- kept as the box wrote them; rows that did not change are left alone; words are indexed by blocks of lines.
CREATE EXTENSION IF NOT EXISTS btree_gin;
ALTER TABLE fleet.segments ALTER COLUMN words TYPE text USING words::text; -- JSON, as in the store

-- Pairs of letters within a word, and of letters before Korean's (U+1100) triples too, as numbers below 2^31: what words are
-- looked up by. pg_trgm's trigrams of doubled letters (migration 004) were nearly three times as many, and most of the cost
-- of archiving. storage/fleet/grams.c makes the same.
CREATE FUNCTION fleet.grams(t text) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT g.n::int), '{}') FROM regexp_split_to_table(lower(t), '\s+') w, LATERAL string_to_array(w, NULL) l,
        generate_series(1, cardinality(l) - 1) i,
        LATERAL (SELECT ascii(l[i])::bigint AS a, ascii(l[i + 1])::bigint AS b, ascii(l[i + 2])::bigint AS c) x,
        LATERAL (VALUES ((x.a * 69069 + x.b) % 2147483647), (CASE WHEN greatest(x.a, x.b, x.c) < 4352 AND x.c IS NOT NULL
            THEN ((x.a * 69069 + x.b) % 2147483647 * 69069 + x.c) % 2147483647 END)) g(n) WHERE g.n IS NOT NULL $$;
-- Blocks of up to eight lines with their grams. The start of the meeting stands in the index, too, so that a frequent word
-- is looked for in the newest meetings alone.
CREATE TABLE fleet.blocks(
    meeting bigint NOT NULL, place int NOT NULL, team int NOT NULL, started_at timestamptz NOT NULL, lines bigint[] NOT NULL, grams int[] NOT NULL,
    PRIMARY KEY(meeting, place),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
ALTER TABLE fleet.blocks ENABLE ROW LEVEL SECURITY; -- nobody reads it but candidates()
CREATE TYPE fleet.block AS (place int, lines bigint[], grams int[]);
CREATE FUNCTION fleet.blocks_of(m bigint) RETURNS SETOF fleet.block LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
    SELECT (s.n / 8)::int, array_agg(s.id ORDER BY s.n), grams(string_agg(s.text, ' ' ORDER BY s.n))
    FROM (SELECT id, text, row_number() OVER (ORDER BY start, id) - 1 AS n FROM segments WHERE meeting = m) s GROUP BY s.n / 8 $$;
INSERT INTO fleet.blocks SELECT m.id, b.place, m.team, m.started_at, b.lines, b.grams FROM fleet.meetings m, fleet.blocks_of(m.id) b;
DROP INDEX fleet.segments_words;
CREATE INDEX blocks_words ON fleet.blocks USING gin (started_at, grams) WITH (gin_pending_list_limit = 16384);
CREATE INDEX meetings_by_start ON fleet.meetings(started_at);

-- What a box sends (storage/fleet/document.c).
CREATE TYPE fleet.document AS (
    id bigint, title text, started_at float8, duration float8, language text, state int, trashed int, segments json, speakers json, items json,
    tags json, bookmarks json, passages json, edits json, blocks json);
DROP FUNCTION fleet.archive, fleet.store_meeting, fleet.store_parts, fleet.finish;
CREATE FUNCTION fleet.lines_of(d fleet.document, words text[]) RETURNS TABLE(id bigint, start float8, "end" float8, speaker int, text text,
    first_pass text, language text, confidence float8, edited int, words text) LANGUAGE sql IMMUTABLE AS $$
    SELECT x.id, x.start, x."end", x.speaker, x.text, x.first_pass, x.language, x.confidence, x.edited, coalesce(x.words, '[]')
    FROM ROWS FROM (json_to_recordset(d.segments) AS (id bigint, start float8, "end" float8, speaker int, text text, first_pass text, language text,
        confidence float8, edited int), unnest(lines_of.words)) AS x(id, start, "end", speaker, text, first_pass, language, confidence, edited, words)
    WHERE x.id IS NOT NULL $$;
-- fresh: nothing of the meeting is there yet. Of what is there, rows that the document has, too, stay as they are.
CREATE FUNCTION fleet.store_parts(m bigint, t int, began timestamptz, fresh boolean, d fleet.document, words text[]) RETURNS void LANGUAGE plpgsql
    SET search_path = fleet, pg_temp AS $$
BEGIN
    IF NOT fresh THEN
        DELETE FROM segments s WHERE s.meeting = m AND NOT EXISTS (SELECT FROM lines_of(d, store_parts.words) x WHERE x.id = s.id AND
            (s.start, s."end", s.speaker, s.text, s.first_pass, s.words, s.language, s.confidence, s.edited) =
            (x.start, x."end", x.speaker, x.text, x.first_pass, x.words, x.language, x.confidence, x.edited <> 0));
        DELETE FROM passages p WHERE p.meeting = m AND NOT EXISTS (SELECT FROM json_to_recordset(d.passages) AS x(start float8, last float8,
            "end" float8, vector text) WHERE (x.start, x.last, x."end", decode(x.vector, 'hex')) = (p.start, p.last, p."end", p.vector));
        DELETE FROM speakers WHERE meeting = m;
        DELETE FROM minutes_lines WHERE meeting = m;
        DELETE FROM tags WHERE meeting = m;
        DELETE FROM bookmarks WHERE meeting = m;
        DELETE FROM corrections WHERE meeting = m;
    END IF;
    INSERT INTO segments SELECT m, x.id, t, x.start, x."end", x.speaker, x.text, x.first_pass, x.words, x.language, x.confidence, x.edited <> 0
        FROM lines_of(d, store_parts.words) x ON CONFLICT DO NOTHING;
    INSERT INTO speakers SELECT m, x.number, t, x.name FROM json_to_recordset(d.speakers) AS x(number int, name text);
    INSERT INTO minutes_lines SELECT m, x.n, t, x.kind, x.text, x.owner, x.due_text, x.due_date,
        CASE WHEN x.done_at > 0 THEN to_timestamp(x.done_at) END, x.start, x."end",
        ARRAY(SELECT json_array_elements_text(x.evidence)::bigint)
        FROM ROWS FROM (json_to_recordset(d.items) AS (kind text, text text, owner text, due_text text, due_date text, done_at float8,
            start float8, "end" float8, evidence json)) WITH ORDINALITY AS x(kind, text, owner, due_text, due_date, done_at, start, "end", evidence, n);
    INSERT INTO tags SELECT DISTINCT m, x, t FROM json_array_elements_text(d.tags) x;
    INSERT INTO bookmarks SELECT m, x.id, t, x.at, x.note FROM json_to_recordset(d.bookmarks) AS x(id bigint, at float8, note text);
    INSERT INTO passages SELECT m, x.start, t, x.last, x."end", decode(x.vector, 'hex'), ('x' || x.code)::bit(384)
        FROM json_to_recordset(d.passages) AS x(start float8, last float8, "end" float8, vector text, code text) ON CONFLICT DO NOTHING;
    INSERT INTO corrections SELECT m, x.id, t, x.segment, x.before, to_timestamp(x.at)
        FROM json_to_recordset(d.edits) AS x(id bigint, segment bigint, before text, at float8);
    PERFORM store_blocks(m, t, began, fresh, d.blocks);
END $$;
-- The box has made the grams already; one of before this migration sends no blocks.
CREATE FUNCTION fleet.store_blocks(m bigint, t int, began timestamptz, fresh boolean, list json) RETURNS void LANGUAGE plpgsql
    SET search_path = fleet, pg_temp AS $$
BEGIN
    IF list IS NULL THEN
        DELETE FROM blocks WHERE meeting = m;
        INSERT INTO blocks SELECT m, b.place, t, began, b.lines, b.grams FROM blocks_of(m) b;
        RETURN;
    END IF;
    IF NOT fresh THEN
        DELETE FROM blocks b WHERE b.meeting = m AND NOT EXISTS (SELECT FROM json_populate_recordset(NULL::block, list) x
            WHERE (x.place, x.lines, x.grams, began) = (b.place, b.lines, b.grams, b.started_at));
    END IF;
    INSERT INTO blocks SELECT m, x.place, t, began, x.lines, x.grams FROM json_populate_recordset(NULL::block, list) x ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION fleet.store_meeting(b int, t int, d fleet.document, words text[], digest text, object text, bytes bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE m bigint; old text; v bigint; began timestamptz := to_timestamp(d.started_at); BEGIN
    IF EXISTS (SELECT FROM deletions x WHERE x.box = b AND x.local_id = d.id) THEN
        RAISE EXCEPTION 'meeting % was deleted for good', d.id USING ERRCODE = 'MF410';
    END IF;
    SELECT x.object INTO old FROM meetings x WHERE x.box = b AND x.local_id = d.id FOR UPDATE;
    INSERT INTO meetings AS x(box, local_id, team, digest, title, started_at, duration, language, state, trashed, object, object_bytes)
        VALUES(b, d.id, t, digest, d.title, began, d.duration, d.language, d.state, coalesce(d.trashed, 0) <> 0, object, bytes)
        ON CONFLICT (box, local_id) DO UPDATE SET version = x.version + 1, digest = excluded.digest, team = excluded.team, title = excluded.title,
            started_at = excluded.started_at, duration = excluded.duration, language = excluded.language, state = excluded.state, trashed = excluded.trashed,
            object = coalesce(excluded.object, x.object), object_bytes = coalesce(excluded.object_bytes, x.object_bytes), archived_at = now()
        WHERE x.digest <> excluded.digest OR (excluded.object IS NOT NULL AND x.object IS DISTINCT FROM excluded.object)
        RETURNING x.id, x.version INTO m, v;
    IF m IS NULL THEN -- archived already, maybe by a try whose answer was lost
        RETURN (SELECT version FROM meetings x WHERE x.box = b AND x.local_id = d.id);
    END IF;
    IF old IS NOT NULL AND object IS NOT NULL AND old <> object THEN
        INSERT INTO dead_objects(object, box) VALUES(old, b) ON CONFLICT DO NOTHING;
    END IF;
    DELETE FROM dead_objects x WHERE x.object = store_meeting.object;
    PERFORM store_parts(m, t, began, v = 1, d, words);
    RETURN v;
END $$;
CREATE FUNCTION fleet.archive(doc json, words text[], digest text, object text, bytes bigint, better boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); v bigint; d document := json_populate_record(NULL::document, doc); BEGIN
    IF d.id <= 0 THEN RAISE EXCEPTION 'not a number of a meeting' USING ERRCODE = '22023'; END IF;
    IF object IS NOT NULL AND object NOT LIKE b.id || '/%' THEN RAISE EXCEPTION 'not an object of this box' USING ERRCODE = '42501'; END IF;
    v := store_meeting(b.id, b.team, d, words, digest, object, bytes);
    IF better AND v = 1 AND NOT EXISTS (SELECT FROM jobs j JOIN meetings m ON m.id = j.meeting WHERE m.box = b.id AND m.local_id = d.id) THEN
        PERFORM enqueue(d.id, 0);
    END IF;
    RETURN v;
END $$;
CREATE FUNCTION fleet.finish(j bigint, held uuid, answer text, doc json, words text[], digest text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); x jobs; d document; BEGIN
    SELECT * INTO x FROM jobs WHERE id = j AND lease = held AND state = 'leased' FOR UPDATE;
    IF x.id IS NULL THEN RETURN false; END IF;
    IF x.meeting IS NULL THEN
        d := json_populate_record(NULL::document, doc);
        d.id := -x.id;
        d.title := coalesce(nullif(x.name, ''), d.title);
        PERFORM store_meeting(x.box, x.team, d, words, digest, CASE WHEN x.object NOT LIKE 's3://%' THEN x.object END, NULL);
    END IF;
    UPDATE jobs SET state = CASE WHEN x.meeting IS NULL THEN 'delivered' ELSE 'done' END, lease = NULL, lease_until = NULL, error = '',
        done_at = now(), result = CASE WHEN x.meeting IS NULL THEN NULL ELSE answer END WHERE id = j;
    RETURN true;
END $$;

-- Words are looked up from the newest meetings back: in the newest hundred, then in more, then in all. A frequent word is
-- answered by few of them, a rare one costs little everywhere. A block must hold all words; the line cited is the one that
-- holds most of them. This runs as the owner, since a policy keeps such conditions away from the index; it gives numbers
-- only, and who reads the words reads them under the policies.
CREATE FUNCTION fleet.blocks_with(plain text[], looked int[], mine int[], since timestamptz, until timestamptz, tagged text, ranged boolean, most int)
    RETURNS SETOF fleet.blocks LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
BEGIN -- planned each time; in the order of time, so that no more is read than is asked for
    RETURN QUERY EXECUTE 'SELECT b.* FROM (SELECT b.* FROM blocks b WHERE b.grams @> $6'
        || CASE WHEN ranged THEN ' AND b.started_at >= $1 AND b.started_at < $2' ELSE ' AND b.started_at + interval ''0'' < $2' END
        || CASE WHEN tagged <> '' THEN ' AND EXISTS (SELECT FROM tags t WHERE t.meeting = b.meeting AND t.tag = $4)' ELSE '' END
        || ' AND b.team = ANY($3) ORDER BY b.started_at DESC, b.meeting, b.place OFFSET 0) b'
        || ' WHERE (SELECT string_agg(lower(s.text), '' '') FROM segments s WHERE s.meeting = b.meeting AND s.id = ANY(b.lines)) LIKE ALL($7) LIMIT $5'
        USING since, until, mine, tagged, most, looked, plain;
END $$;
CREATE OR REPLACE FUNCTION fleet.candidates(words text[], since timestamptz, until timestamptz, tagged text, team_name text, most int)
    RETURNS TABLE(meeting bigint, segment bigint, line int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mine int[] := my_teams(); patterns text[]; plain text[]; looked int[] := grams(array_to_string(words, ' ')); top timestamptz := coalesce(until, 'infinity'); bottom timestamptz;
    found blocks[] := '{}'; step int; n int := 100;
BEGIN
    IF team_name <> '' THEN mine := ARRAY(SELECT id FROM teams WHERE id = ANY(mine) AND name = team_name); END IF;
    patterns := ARRAY(SELECT pattern(w) FROM unnest(words) w WHERE w <> '');
    plain := ARRAY(SELECT '%' || regexp_replace(lower(w), '([\\%_])', '\\\1', 'g') || '%' FROM unnest(words) w WHERE w <> '');
    IF cardinality(patterns) = 0 OR cardinality(mine) = 0 THEN RETURN; END IF;
    IF cardinality(looked) = 0 THEN RAISE EXCEPTION 'one word must have two letters at least' USING ERRCODE = '22023'; END IF;
    INSERT INTO audit(team, action, subject) SELECT t, 'search', array_to_string(words, ' ') FROM unnest(mine) t;
    FOR step IN 1..3 LOOP
        bottom := (SELECT x.started_at FROM meetings x WHERE x.started_at < top ORDER BY x.started_at DESC OFFSET n LIMIT 1);
        IF step = 3 THEN bottom := NULL; END IF;
        bottom := greatest(bottom, since); -- the later one; NULL: no end
        found := found || ARRAY(SELECT b FROM blocks_with(plain, looked, mine, bottom, top, tagged, bottom IS NOT NULL, most - cardinality(found)) b);
        EXIT WHEN cardinality(found) >= most OR bottom IS NOT DISTINCT FROM since;
        top := bottom;
        n := n * 15;
    END LOOP;
    RETURN QUERY SELECT f.meeting, f.segment, f.line FROM (
        SELECT b.meeting, (SELECT s.id FROM segments s WHERE s.meeting = b.meeting AND s.id = ANY(b.lines)
            ORDER BY (SELECT count(*) FROM unnest(plain) p WHERE lower(s.text) LIKE p) DESC, s.start LIMIT 1) AS segment, NULL::int AS line FROM unnest(found) b
        UNION ALL
        SELECT l.meeting, NULL::bigint, l.line FROM minutes_lines l
            WHERE doubled(l.text) LIKE (SELECT p FROM unnest(patterns) p ORDER BY length(p) DESC LIMIT 1) AND doubled(l.text) LIKE ALL(patterns) AND l.team = ANY(mine)) f
        JOIN meetings m ON m.id = f.meeting
        WHERE (since IS NULL OR m.started_at >= since) AND (until IS NULL OR m.started_at < until)
            AND (tagged = '' OR EXISTS (SELECT FROM tags t WHERE t.meeting = m.id AND t.tag = tagged))
        ORDER BY m.started_at DESC, f.meeting, f.line NULLS LAST, f.segment LIMIT most;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.archive TO fleet_box;
ALTER FUNCTION fleet.archive SET work_mem = '64MB'; -- what waits for the word index goes there in one piece
GRANT EXECUTE ON FUNCTION fleet.finish TO fleet_worker;
