-- How sure a line is of its speaker, as the store has it (docs/schema.md); NULL: not known.
ALTER TABLE fleet.segments ADD COLUMN speaker_certainty float8;
DROP FUNCTION fleet.lines_of;
CREATE FUNCTION fleet.lines_of(d fleet.document, words text[]) RETURNS TABLE(id bigint, start float8, "end" float8, speaker int, text text,
    first_pass text, language text, confidence float8, edited int, speaker_certainty float8, words text) LANGUAGE sql IMMUTABLE AS $$
    SELECT x.id, x.start, x."end", x.speaker, x.text, x.first_pass, x.language, x.confidence, x.edited, x.speaker_certainty, coalesce(x.words, '[]')
    FROM ROWS FROM (json_to_recordset(d.segments) AS (id bigint, start float8, "end" float8, speaker int, text text, first_pass text, language text,
        confidence float8, edited int, speaker_certainty float8), unnest(lines_of.words))
        AS x(id, start, "end", speaker, text, first_pass, language, confidence, edited, speaker_certainty, words)
    WHERE x.id IS NOT NULL $$;
CREATE OR REPLACE FUNCTION fleet.store_parts(m bigint, t int, began timestamptz, fresh boolean, d fleet.document, words text[]) RETURNS void LANGUAGE plpgsql
    SET search_path = fleet, pg_temp AS $$
BEGIN
    IF NOT fresh THEN
        DELETE FROM segments s WHERE s.meeting = m AND NOT EXISTS (SELECT FROM lines_of(d, store_parts.words) x WHERE x.id = s.id AND
            (s.start, s."end", s.speaker, s.text, s.first_pass, s.words, s.language, s.confidence, s.edited) =
            (x.start, x."end", x.speaker, x.text, x.first_pass, x.words, x.language, x.confidence, x.edited <> 0)
            AND s.speaker_certainty IS NOT DISTINCT FROM x.speaker_certainty);
        DELETE FROM passages p WHERE p.meeting = m AND NOT EXISTS (SELECT FROM json_to_recordset(d.passages) AS x(start float8, last float8,
            "end" float8, vector text) WHERE (x.start, x.last, x."end", decode(x.vector, 'hex')) = (p.start, p.last, p."end", p.vector));
        DELETE FROM speakers WHERE meeting = m;
        DELETE FROM minutes_lines WHERE meeting = m;
        DELETE FROM tags WHERE meeting = m;
        DELETE FROM bookmarks WHERE meeting = m;
        DELETE FROM corrections WHERE meeting = m;
    END IF;
    INSERT INTO segments SELECT m, x.id, t, x.start, x."end", x.speaker, x.text, x.first_pass, x.words, x.language, x.confidence, x.edited <> 0,
            x.speaker_certainty FROM lines_of(d, store_parts.words) x WHERE fresh OR NOT EXISTS (SELECT FROM segments s WHERE s.meeting = m AND s.id = x.id);
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
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
