-- For people who read: a search is limited to a room or a person, too, and the audit log says who signed in, read and asked.
DROP FUNCTION fleet.candidates, fleet.near, fleet.blocks_with;
-- rooms: NULL: any. person: what is looked for was said by that person.
CREATE FUNCTION fleet.blocks_with(plain text[], looked int[], mine int[], since timestamptz, until timestamptz, tagged text, ranged boolean, most int,
    rooms int[], person text) RETURNS SETOF fleet.blocks LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
BEGIN -- planned each time; in the order of time, so that no more is read than is asked for
    RETURN QUERY EXECUTE 'SELECT b.* FROM (SELECT b.* FROM blocks b WHERE b.grams @> $6'
        || CASE WHEN ranged THEN ' AND b.started_at >= $1 AND b.started_at < $2' ELSE ' AND b.started_at + interval ''0'' < $2' END
        || CASE WHEN tagged <> '' THEN ' AND EXISTS (SELECT FROM tags t WHERE t.meeting = b.meeting AND t.tag = $4)' ELSE '' END
        || CASE WHEN rooms IS NOT NULL THEN ' AND EXISTS (SELECT FROM meetings m WHERE m.id = b.meeting AND m.box = ANY($8))' ELSE '' END
        || ' AND b.team = ANY($3) ORDER BY b.started_at DESC, b.meeting, b.place OFFSET 0) b'
        || ' WHERE (SELECT string_agg(lower(s.text), '' '') FROM segments s WHERE s.meeting = b.meeting AND s.id = ANY(b.lines)'
        || CASE WHEN person <> '' THEN ' AND said_by(s.meeting, s.speaker, $9)' ELSE '' END || ') LIKE ALL($7) LIMIT $5'
        USING since, until, mine, tagged, most, looked, plain, rooms, person;
END $$;
CREATE FUNCTION fleet.said_by(m bigint, n int, person text) RETURNS boolean LANGUAGE sql STABLE SET search_path = fleet, pg_temp AS $$
    SELECT EXISTS (SELECT FROM speakers p WHERE p.meeting = m AND p.number = n AND lower(p.name) = lower(person)) $$;
CREATE FUNCTION fleet.candidates(words text[], since timestamptz, until timestamptz, tagged text, team_name text, most int, room text DEFAULT '', person text DEFAULT '')
    RETURNS TABLE(meeting bigint, segment bigint, line int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    mine int[] := my_teams(); rooms int[]; patterns text[]; plain text[]; looked int[] := grams(array_to_string(words, ' ')); top timestamptz := coalesce(until, 'infinity');
    bottom timestamptz; found blocks[] := '{}'; step int; n int := 100;
BEGIN
    IF team_name <> '' THEN mine := ARRAY(SELECT id FROM teams WHERE id = ANY(mine) AND name = team_name); END IF;
    IF room <> '' THEN rooms := ARRAY(SELECT id FROM boxes b WHERE b.team = ANY(mine) AND b.name = room); END IF;
    patterns := ARRAY(SELECT pattern(w) FROM unnest(words) w WHERE w <> '');
    plain := ARRAY(SELECT '%' || regexp_replace(lower(w), '([\\%_])', '\\\1', 'g') || '%' FROM unnest(words) w WHERE w <> '');
    IF cardinality(patterns) = 0 OR cardinality(mine) = 0 THEN RETURN; END IF;
    IF cardinality(looked) = 0 THEN RAISE EXCEPTION 'one word must have two letters at least' USING ERRCODE = '22023'; END IF;
    INSERT INTO audit(team, action, subject) SELECT t, 'search', array_to_string(words, ' ') FROM unnest(mine) t;
    FOR step IN 1..3 LOOP
        bottom := (SELECT x.started_at FROM meetings x WHERE x.started_at < top ORDER BY x.started_at DESC OFFSET n LIMIT 1);
        IF step = 3 THEN bottom := NULL; END IF;
        bottom := greatest(bottom, since); -- the later one; NULL: no end
        found := found || ARRAY(SELECT b FROM blocks_with(plain, looked, mine, bottom, top, tagged, bottom IS NOT NULL, most - cardinality(found), rooms, person) b);
        EXIT WHEN cardinality(found) >= most OR bottom IS NOT DISTINCT FROM since;
        top := bottom;
        n := n * 15;
    END LOOP;
    RETURN QUERY SELECT f.meeting, f.segment, f.line FROM (
        SELECT b.meeting, (SELECT s.id FROM segments s WHERE s.meeting = b.meeting AND s.id = ANY(b.lines) AND (person = '' OR said_by(s.meeting, s.speaker, person))
            ORDER BY (SELECT count(*) FROM unnest(plain) p WHERE lower(s.text) LIKE p) DESC, s.start LIMIT 1) AS segment, NULL::int AS line FROM unnest(found) b
        UNION ALL
        SELECT l.meeting, NULL::bigint, l.line FROM minutes_lines l
            WHERE doubled(l.text) LIKE (SELECT p FROM unnest(patterns) p ORDER BY length(p) DESC LIMIT 1) AND doubled(l.text) LIKE ALL(patterns) AND l.team = ANY(mine)
                AND (person = '' OR lower(l.owner) = lower(person))) f
        JOIN meetings m ON m.id = f.meeting
        WHERE (since IS NULL OR m.started_at >= since) AND (until IS NULL OR m.started_at < until) AND (rooms IS NULL OR m.box = ANY(rooms))
            AND (tagged = '' OR EXISTS (SELECT FROM tags t WHERE t.meeting = m.id AND t.tag = tagged))
        ORDER BY m.started_at DESC, f.meeting, f.line NULLS LAST, f.segment LIMIT most;
END $$;
CREATE FUNCTION fleet.near(wanted bit(384), since timestamptz, until timestamptz, tagged text, team_name text, probes int, most int, room text DEFAULT '', person text DEFAULT '')
    RETURNS TABLE(meeting bigint, start float8) LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
#variable_conflict use_column
DECLARE mine int[] := my_teams(); rooms int[]; read int[]; BEGIN
    IF team_name <> '' THEN mine := ARRAY(SELECT id FROM teams WHERE id = ANY(mine) AND name = team_name); END IF;
    IF room <> '' THEN rooms := ARRAY(SELECT id FROM boxes b WHERE b.team = ANY(mine) AND b.name = room); END IF;
    read := 0 || ARRAY(SELECT c.id FROM cells c ORDER BY bit_count(c.centre # wanted) LIMIT probes);
    INSERT INTO audit(team, action) SELECT t, 'search by meaning' FROM unnest(mine) t;
    IF since IS NULL AND until IS NULL AND tagged = '' AND rooms IS NULL AND person = '' THEN
        RETURN QUERY SELECT p.meeting, p.start FROM passages p WHERE p.cell = ANY(read) AND p.team = ANY(mine)
            ORDER BY bit_count(p.code # wanted) LIMIT most;
    ELSE
        RETURN QUERY SELECT p.meeting, p.start FROM passages p JOIN meetings m ON m.id = p.meeting
            WHERE p.cell = ANY(read) AND p.team = ANY(mine) AND (since IS NULL OR m.started_at >= since) AND (until IS NULL OR m.started_at < until)
                AND (tagged = '' OR EXISTS (SELECT FROM tags t WHERE t.meeting = m.id AND t.tag = tagged)) AND (rooms IS NULL OR m.box = ANY(rooms))
                AND (person = '' OR EXISTS (SELECT FROM segments s WHERE s.meeting = p.meeting AND s.start BETWEEN p.start AND p.last AND said_by(s.meeting, s.speaker, person)))
            ORDER BY bit_count(p.code # wanted) LIMIT most;
    END IF;
END $$;

-- Who is signed in, as JSON; NULL: nobody who may read.
CREATE FUNCTION fleet.whoami() RETURNS json LANGUAGE sql STABLE SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    SELECT json_build_object('user', m.login, 'name', m.name, 'organisation', o.name, 'admin', m.admin,
        'teams', (SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]') FROM teams t WHERE t.id = ANY(my_teams())))
    FROM members m JOIN organisations o ON o.id = m.organisation WHERE m.login = session_user AND m.revoked_at IS NULL $$;
-- What a person did, in the audit log of the teams concerned. Who it was is who logged in.
CREATE FUNCTION fleet.did(action text, subject text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
BEGIN
    IF action NOT IN ('sign in', 'sign out', 'ask') THEN RAISE EXCEPTION 'not an action of the page' USING ERRCODE = '42501'; END IF;
    INSERT INTO audit(team, action, subject) SELECT t, did.action, left(did.subject, 2000) FROM unnest(my_teams()) t;
END $$;
CREATE FUNCTION fleet.did_read(m bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    INSERT INTO audit(team, action, subject) SELECT team, 'read', m::text FROM meetings WHERE id = m AND NOT trashed AND team = ANY((SELECT my_teams())::int[]) $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.candidates, fleet.near, fleet.whoami, fleet.did, fleet.did_read TO fleet_member;
