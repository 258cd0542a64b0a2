-- A job that is taken, renewed and given back costs less.
-- What is leased is few: the index knows which, not until when, so that renewing a lease changes no index (HOT, with room on the page).
DROP INDEX fleet.jobs_leased;
CREATE INDEX jobs_leased ON fleet.jobs(id) WHERE state = 'leased';
ALTER TABLE fleet.jobs SET (fillfactor = 85);
-- When the next pause ends is asked where nothing may be taken: what waits then is found by jobs_next.
DROP INDEX fleet.jobs_due;

CREATE OR REPLACE FUNCTION fleet.take(seconds int) RETURNS TABLE(id bigint, lease uuid, object text, name text, language text, bulk boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
#variable_conflict use_column
DECLARE w int := my_worker(); BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    IF EXISTS (SELECT FROM jobs j WHERE j.state = 'leased' AND j.lease_until < now()) THEN PERFORM reap(); END IF;
    RETURN QUERY UPDATE jobs x SET state = 'leased', attempts = attempts + 1, lease = gen_random_uuid(), worker = session_user,
            lease_until = now() + interval '1 second' * seconds
        WHERE x.id = (SELECT j.id FROM jobs j WHERE j.state = 'waiting' AND j.run_after <= now() ORDER BY j.priority DESC, j.turn, j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING x.id, x.lease, x.object, x.name, x.language, x.meeting IS NULL;
END $$;
CREATE OR REPLACE FUNCTION fleet.beat(j bigint, held uuid, seconds int) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE workers SET seen_at = now() WHERE id = w AND coalesce(seen_at < now() - interval '10 seconds', true);
    UPDATE jobs SET lease_until = now() + interval '1 second' * seconds WHERE id = j AND lease = held AND state = 'leased';
    RETURN FOUND;
END $$;
-- Where another job may be taken nobody sleeps, and telling (which lets one session commit at a time) is left out; whoever looks in the
-- moment between looks again within 15 s.
CREATE OR REPLACE FUNCTION fleet.release(j bigint, held uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); others boolean := EXISTS (SELECT FROM jobs x WHERE x.state = 'waiting' AND x.run_after <= now()); BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE jobs SET state = 'waiting', attempts = attempts - 1, lease = NULL, lease_until = NULL WHERE id = j AND lease = held AND state = 'leased';
    IF NOT FOUND THEN RETURN false; END IF;
    IF NOT others THEN NOTIFY fleet_jobs; END IF;
    RETURN true;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
