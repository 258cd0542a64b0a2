-- Search inside words. pg_trgm needs three characters in a row, and most Korean words have two: each character is
-- indexed twice, so that a word of two has two trigrams of its own.
CREATE FUNCTION fleet.doubled(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN regexp_replace(lower(t), '(\S)', '\1\1', 'g');
CREATE INDEX segments_words ON fleet.segments USING gin (fleet.doubled(text) public.gin_trgm_ops);
CREATE INDEX minutes_words ON fleet.minutes_lines USING gin (fleet.doubled(text) public.gin_trgm_ops);

CREATE FUNCTION fleet.pattern(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '%' || regexp_replace(fleet.doubled(word), '([\\%_])', '\\\1', 'g') || '%';

-- Which lines hold every word, newest meetings first, among the reader's teams. A policy keeps LIKE away from the
-- index, hence this runs as the owner; it gives numbers only, and who reads the words reads them under the policies.
CREATE FUNCTION fleet.candidates(words text[], since timestamptz, until timestamptz, tagged text, team_name text, most int)
    RETURNS TABLE(meeting bigint, segment bigint, line int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, public, pg_temp AS $$
#variable_conflict use_column
DECLARE mine int[] := my_teams(); patterns text[]; longest text; BEGIN
    IF team_name <> '' THEN mine := ARRAY(SELECT id FROM teams WHERE id = ANY(mine) AND name = team_name); END IF;
    patterns := ARRAY(SELECT pattern(w) FROM unnest(words) w WHERE w <> '');
    IF cardinality(patterns) = 0 OR cardinality(mine) = 0 THEN RETURN; END IF;
    longest := (SELECT p FROM unnest(patterns) p ORDER BY length(p) DESC LIMIT 1); -- the index takes one; the others are looked at in what it finds
    INSERT INTO audit(team, action, subject) SELECT t, 'search', array_to_string(words, ' ') FROM unnest(mine) t;
    RETURN QUERY SELECT f.meeting, f.segment, f.line FROM (
        SELECT s.meeting, s.id AS segment, NULL::int AS line, s.team FROM segments s WHERE doubled(s.text) LIKE longest AND doubled(s.text) LIKE ALL(patterns)
        UNION ALL
        SELECT l.meeting, NULL::bigint, l.line, l.team FROM minutes_lines l WHERE doubled(l.text) LIKE longest AND doubled(l.text) LIKE ALL(patterns)) f
        JOIN meetings m ON m.id = f.meeting
        WHERE f.team = ANY(mine) AND (since IS NULL OR m.started_at >= since) AND (until IS NULL OR m.started_at < until)
            AND (tagged = '' OR EXISTS (SELECT FROM tags t WHERE t.meeting = m.id AND t.tag = tagged))
        ORDER BY m.started_at DESC, f.meeting, f.line NULLS LAST, f.segment LIMIT most;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.candidates TO fleet_member;
GRANT EXECUTE ON FUNCTION fleet.doubled, fleet.pattern TO fleet_member, fleet_box, fleet_worker;

-- For whoever looks after it: one row a figure.
CREATE FUNCTION fleet.metrics() RETURNS TABLE(name text, label text, value float8) LANGUAGE sql STABLE AS $$
    SELECT 'moim_fleet_jobs', 'state="' || s || '"', (SELECT count(*)::float8 FROM fleet.jobs WHERE state = s)
        FROM unnest(ARRAY['waiting', 'leased', 'done', 'delivered', 'set aside']) s
    UNION ALL SELECT 'moim_fleet_oldest_waiting_seconds', '', coalesce(extract(epoch FROM now() - min(added_at)), 0) FROM fleet.jobs WHERE state = 'waiting'
    UNION ALL SELECT 'moim_fleet_expired_leases', '', count(*) FROM fleet.jobs WHERE state = 'leased' AND lease_until < now()
    UNION ALL SELECT 'moim_fleet_meetings', '', count(*) FROM fleet.meetings
    UNION ALL SELECT 'moim_fleet_archived_seconds', '', coalesce(sum(duration), 0) FROM fleet.meetings
    UNION ALL SELECT 'moim_fleet_boxes', 'revoked="' || (revoked_at IS NOT NULL) || '"', count(*) FROM fleet.boxes GROUP BY revoked_at IS NOT NULL
    UNION ALL SELECT 'moim_fleet_box_silent_seconds', 'box="' || id || '"', extract(epoch FROM now() - coalesce(seen_at, added_at)) FROM fleet.boxes WHERE revoked_at IS NULL
    UNION ALL SELECT 'moim_fleet_objects_to_remove', '', count(*) FROM fleet.dead_objects
    UNION ALL SELECT 'moim_fleet_oldest_removal_seconds', '', coalesce(extract(epoch FROM now() - min(since)), 0) FROM fleet.dead_objects $$;
REVOKE EXECUTE ON FUNCTION fleet.metrics FROM PUBLIC;
