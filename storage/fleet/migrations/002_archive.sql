-- A box archives its meetings: once and whole, whatever is cut off and tried again.

-- The box says which store it holds: another store under the same name (a new card) would delete what is archived.
CREATE FUNCTION fleet.hello(store_id text, adopt boolean) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); BEGIN
    IF b.store IS NOT NULL AND b.store <> store_id AND NOT adopt THEN
        RAISE EXCEPTION 'another store is archived under the name of this box: register a new box for this store' USING ERRCODE = 'MF409';
    END IF;
    UPDATE boxes SET store = store_id, seen_at = now() WHERE id = b.id;
    RETURN b.id;
END $$;

CREATE FUNCTION fleet.my_number() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$ SELECT id FROM my_box() $$;
CREATE FUNCTION fleet.inventory() RETURNS TABLE(local_id bigint, digest text, object text) LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    SELECT m.local_id, m.digest, m.object FROM meetings m WHERE m.box = (SELECT id FROM my_box()) AND m.local_id > 0 $$;
CREATE FUNCTION fleet.tombstones() RETURNS TABLE(local_id bigint) LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    SELECT d.local_id FROM deletions d WHERE d.box = (SELECT id FROM my_box()) $$;

-- Rows that did not change are left alone: a corrected line costs one line.
CREATE FUNCTION fleet.store_parts(m bigint, t int, doc jsonb) RETURNS void LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
BEGIN
    DELETE FROM segments s WHERE s.meeting = m AND s.id NOT IN (SELECT (x->>'id')::bigint FROM jsonb_array_elements(doc->'segments') x);
    INSERT INTO segments AS s SELECT m, x.id, t, x.start, x."end", x.speaker, x.text, x.first_pass, x.words, x.language, x.confidence, x.edited <> 0
        FROM jsonb_to_recordset(doc->'segments') AS x(id bigint, start float8, "end" float8, speaker int, text text, first_pass text,
            words jsonb, language text, confidence float8, edited int)
        ON CONFLICT (meeting, id) DO UPDATE SET (start, "end", speaker, text, first_pass, words, language, confidence, edited)
            = (excluded.start, excluded."end", excluded.speaker, excluded.text, excluded.first_pass, excluded.words, excluded.language,
               excluded.confidence, excluded.edited)
        WHERE (s.start, s."end", s.speaker, s.text, s.first_pass, s.words, s.language, s.confidence, s.edited) IS DISTINCT FROM
            (excluded.start, excluded."end", excluded.speaker, excluded.text, excluded.first_pass, excluded.words, excluded.language,
             excluded.confidence, excluded.edited);
    DELETE FROM speakers WHERE meeting = m;
    INSERT INTO speakers SELECT m, x.number, t, x.name FROM jsonb_to_recordset(doc->'speakers') AS x(number int, name text);
    DELETE FROM minutes_lines WHERE meeting = m;
    INSERT INTO minutes_lines SELECT m, x.n, t, x.kind, x.text, x.owner, x.due_text, x.due_date,
        CASE WHEN x.done_at > 0 THEN to_timestamp(x.done_at) END, x.start, x."end",
        ARRAY(SELECT jsonb_array_elements_text(x.evidence)::bigint)
        FROM ROWS FROM (jsonb_to_recordset(doc->'items') AS (kind text, text text, owner text, due_text text, due_date text, done_at float8,
            start float8, "end" float8, evidence jsonb)) WITH ORDINALITY AS x(kind, text, owner, due_text, due_date, done_at, start, "end", evidence, n);
    DELETE FROM tags WHERE meeting = m;
    INSERT INTO tags SELECT DISTINCT m, x, t FROM jsonb_array_elements_text(doc->'tags') x;
    DELETE FROM bookmarks WHERE meeting = m;
    INSERT INTO bookmarks SELECT m, x.id, t, x.at, x.note FROM jsonb_to_recordset(doc->'bookmarks') AS x(id bigint, at float8, note text);
    DELETE FROM passages WHERE meeting = m;
    INSERT INTO passages SELECT m, x.start, t, x.last, x."end", decode(x.vector, 'hex'), ('x' || x.code)::bit(384)
        FROM jsonb_to_recordset(doc->'passages') AS x(start float8, last float8, "end" float8, vector text, code text) ON CONFLICT DO NOTHING;
    DELETE FROM corrections WHERE meeting = m;
    INSERT INTO corrections SELECT m, x.id, t, x.segment, x.before, to_timestamp(x.at)
        FROM jsonb_to_recordset(doc->'edits') AS x(id bigint, segment bigint, before text, at float8);
END $$;

CREATE FUNCTION fleet.store_meeting(b int, t int, local bigint, doc jsonb, digest text, object text, bytes bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE m bigint; old text; v bigint; BEGIN
    IF EXISTS (SELECT FROM deletions d WHERE d.box = b AND d.local_id = local) THEN
        RAISE EXCEPTION 'meeting % was deleted for good', local USING ERRCODE = 'MF410';
    END IF;
    SELECT x.object INTO old FROM meetings x WHERE x.box = b AND x.local_id = local FOR UPDATE;
    INSERT INTO meetings AS x(box, local_id, team, digest, title, started_at, duration, language, state, trashed, object, object_bytes)
        VALUES(b, local, t, digest, doc->>'title', to_timestamp((doc->>'started_at')::float8), (doc->>'duration')::float8,
               doc->>'language', (doc->>'state')::int, coalesce((doc->>'trashed')::int, 0) <> 0, object, bytes)
        ON CONFLICT (box, local_id) DO UPDATE SET version = x.version + 1, digest = excluded.digest, team = excluded.team, title = excluded.title,
            started_at = excluded.started_at, duration = excluded.duration, language = excluded.language, state = excluded.state, trashed = excluded.trashed,
            object = coalesce(excluded.object, x.object), object_bytes = coalesce(excluded.object_bytes, x.object_bytes), archived_at = now()
        WHERE x.digest <> excluded.digest OR (excluded.object IS NOT NULL AND x.object IS DISTINCT FROM excluded.object)
        RETURNING x.id, x.version INTO m, v;
    IF m IS NULL THEN -- archived already, maybe by a try whose answer was lost
        RETURN (SELECT version FROM meetings x WHERE x.box = b AND x.local_id = local);
    END IF;
    IF old IS NOT NULL AND object IS NOT NULL AND old <> object THEN
        INSERT INTO dead_objects(object, box) VALUES(old, b) ON CONFLICT DO NOTHING;
    END IF;
    DELETE FROM dead_objects d WHERE d.object = store_meeting.object;
    PERFORM store_parts(m, t, doc);
    RETURN v;
END $$;
-- better: a new meeting waits for a better pass. In one with archiving it, so that no cut loses the wish.
CREATE FUNCTION fleet.archive(doc jsonb, digest text, object text, bytes bigint, better boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); v bigint; BEGIN
    IF (doc->>'id')::bigint <= 0 THEN RAISE EXCEPTION 'not a number of a meeting' USING ERRCODE = '22023'; END IF;
    IF object IS NOT NULL AND object NOT LIKE b.id || '/%' THEN RAISE EXCEPTION 'not an object of this box' USING ERRCODE = '42501'; END IF;
    UPDATE boxes SET seen_at = now() WHERE id = b.id;
    v := store_meeting(b.id, b.team, (doc->>'id')::bigint, doc, digest, object, bytes);
    IF better AND v = 1 AND NOT EXISTS (SELECT FROM jobs j JOIN meetings m ON m.id = j.meeting
            WHERE m.box = b.id AND m.local_id = (doc->>'id')::bigint) THEN
        PERFORM enqueue((doc->>'id')::bigint, 0);
    END IF;
    RETURN v;
END $$;
-- For good: its words go now, its sound is on the list of objects to remove until that has happened.
CREATE FUNCTION fleet.forget(local bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); gone meetings; BEGIN
    INSERT INTO deletions(box, local_id) VALUES(b.id, local) ON CONFLICT DO NOTHING;
    DELETE FROM meetings m WHERE m.box = b.id AND m.local_id = local RETURNING * INTO gone;
    IF gone.object IS NOT NULL THEN INSERT INTO dead_objects(object, box) VALUES(gone.object, b.id) ON CONFLICT DO NOTHING; END IF;
    IF gone.id IS NOT NULL THEN PERFORM note(b.team, 'deleted', b.name || ' ' || local); END IF;
END $$;
CREATE FUNCTION fleet.objects_to_remove() RETURNS TABLE(object text) LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    SELECT d.object FROM dead_objects d WHERE d.box = (SELECT id FROM my_box()) $$;
CREATE FUNCTION fleet.object_removed(gone text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    DELETE FROM dead_objects d WHERE d.object = gone AND d.box = (SELECT id FROM my_box()) $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.hello, fleet.my_number, fleet.inventory, fleet.tombstones, fleet.archive, fleet.forget, fleet.objects_to_remove,
    fleet.object_removed TO fleet_box;
GRANT EXECUTE ON FUNCTION fleet.my_teams, fleet.my_organisation TO fleet_member;
