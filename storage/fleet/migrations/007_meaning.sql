-- Search by meaning. A passage's code is the signs of its vector; the codes nearest to the question's are found here, the
-- reader's program compares their vectors, which it reads under the reader's own rights.
-- Cells divide the codes, so that only the nearest cells are read. Cell 0 holds what no `moim-fleet index` has seen yet; it is
-- read by every search, so that nothing is missed, only slower.
CREATE TABLE fleet.cells(id int PRIMARY KEY, centre bit(384) NOT NULL);
ALTER TABLE fleet.cells ENABLE ROW LEVEL SECURITY;
ALTER TABLE fleet.passages ADD COLUMN cell int NOT NULL DEFAULT 0;
CREATE INDEX passages_cells ON fleet.passages(cell, team) INCLUDE (code, meeting, start);

CREATE FUNCTION fleet.near(wanted bit(384), since timestamptz, until timestamptz, tagged text, team_name text, probes int, most int)
    RETURNS TABLE(meeting bigint, start float8) LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
#variable_conflict use_column
DECLARE mine int[] := my_teams(); read int[]; BEGIN
    IF team_name <> '' THEN mine := ARRAY(SELECT id FROM teams WHERE id = ANY(mine) AND name = team_name); END IF;
    read := 0 || ARRAY(SELECT c.id FROM cells c ORDER BY bit_count(c.centre # wanted) LIMIT probes);
    INSERT INTO audit(team, action) SELECT t, 'search by meaning' FROM unnest(mine) t;
    IF since IS NULL AND until IS NULL AND tagged = '' THEN
        RETURN QUERY SELECT p.meeting, p.start FROM passages p WHERE p.cell = ANY(read) AND p.team = ANY(mine)
            ORDER BY bit_count(p.code # wanted) LIMIT most;
    ELSE
        RETURN QUERY SELECT p.meeting, p.start FROM passages p JOIN meetings m ON m.id = p.meeting
            WHERE p.cell = ANY(read) AND p.team = ANY(mine) AND (since IS NULL OR m.started_at >= since) AND (until IS NULL OR m.started_at < until)
                AND (tagged = '' OR EXISTS (SELECT FROM tags t WHERE t.meeting = m.id AND t.tag = tagged))
            ORDER BY bit_count(p.code # wanted) LIMIT most;
    END IF;
END $$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.near TO fleet_member;
