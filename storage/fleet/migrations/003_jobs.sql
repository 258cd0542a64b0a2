-- Work for strong machines. The database's clock alone counts: that of a worker may be wrong by hours.
CREATE TABLE fleet.lanes(box int PRIMARY KEY REFERENCES fleet.boxes ON DELETE CASCADE, taken bigint NOT NULL DEFAULT 0);
CREATE SEQUENCE fleet.turns;
CREATE TABLE fleet.jobs(
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, box int NOT NULL REFERENCES fleet.lanes, team int NOT NULL,
    meeting bigint REFERENCES fleet.meetings ON DELETE CASCADE, -- NULL: an archive in bulk, it becomes a meeting when it is done
    object text NOT NULL, name text NOT NULL DEFAULT '', language text NOT NULL DEFAULT '', priority int NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waiting' CHECK(state IN ('waiting', 'leased', 'done', 'delivered', 'set aside')),
    attempts int NOT NULL DEFAULT 0, max_attempts int NOT NULL DEFAULT 5, run_after timestamptz NOT NULL DEFAULT now(),
    lease uuid, lease_until timestamptz, worker name, error text NOT NULL DEFAULT '', result text,
    added_at timestamptz NOT NULL DEFAULT now(), done_at timestamptz);
CREATE INDEX jobs_waiting ON fleet.jobs(box, priority DESC, id) WHERE state = 'waiting';
CREATE INDEX jobs_leased ON fleet.jobs(lease_until) WHERE state = 'leased';
CREATE INDEX jobs_done ON fleet.jobs(box) WHERE state = 'done';
CREATE INDEX jobs_of_meeting ON fleet.jobs(meeting);
CREATE UNIQUE INDEX jobs_once ON fleet.jobs(box, object) WHERE state IN ('waiting', 'leased');
ALTER TABLE fleet.jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE fleet.lanes ENABLE ROW LEVEL SECURITY;
GRANT SELECT(id, box, team, meeting, name, priority, state, attempts, error, added_at, done_at) ON fleet.jobs TO fleet_member;
CREATE POLICY managers ON fleet.jobs FOR SELECT TO fleet_member USING (team = ANY((SELECT fleet.my_teams('manager'))::int[]));

-- Asks for a better pass over a meeting of this box that has sound; NULL: it waits already, or has none.
CREATE FUNCTION fleet.enqueue(local bigint, wanted int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); j bigint; BEGIN
    INSERT INTO lanes(box) VALUES(b.id) ON CONFLICT DO NOTHING;
    INSERT INTO jobs(box, team, meeting, object, name, language, priority)
        SELECT b.id, b.team, m.id, m.object, m.title, m.language, wanted FROM meetings m
        WHERE m.box = b.id AND m.local_id = local AND m.object IS NOT NULL ON CONFLICT DO NOTHING RETURNING id INTO j;
    RETURN j;
END $$;
-- One recording of an archive in bulk, by the object it was put under. The same object again is the same job.
CREATE FUNCTION fleet.enqueue_object(object text, name text, language text, wanted int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); j bigint; BEGIN
    IF object NOT LIKE b.id || '/%' AND object NOT LIKE 's3://%' THEN RAISE EXCEPTION 'not an object of this box' USING ERRCODE = '42501'; END IF;
    INSERT INTO lanes(box) VALUES(b.id) ON CONFLICT DO NOTHING;
    IF EXISTS (SELECT FROM jobs x WHERE x.box = b.id AND x.object = enqueue_object.object) THEN RETURN NULL; END IF;
    INSERT INTO jobs(box, team, object, name, language, priority) VALUES(b.id, b.team, object, name, language, wanted)
        ON CONFLICT DO NOTHING RETURNING id INTO j;
    RETURN j;
END $$;

CREATE FUNCTION fleet.my_worker() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int; BEGIN
    SELECT id INTO w FROM workers WHERE login = session_user AND revoked_at IS NULL;
    IF w IS NULL THEN RAISE EXCEPTION 'this worker is not registered, or was revoked' USING ERRCODE = '42501'; END IF;
    RETURN w;
END $$;
-- Back to waiting with a pause that doubles, or set aside when it has failed too often.
CREATE FUNCTION fleet.put_back(j bigint, why text) RETURNS void LANGUAGE sql SET search_path = fleet, pg_temp AS $$
    UPDATE jobs SET state = CASE WHEN attempts >= max_attempts THEN 'set aside' ELSE 'waiting' END, lease = NULL, lease_until = NULL,
        error = why, run_after = now() + interval '1 second' * least(3600, 2 ^ attempts) * (0.75 + random() / 2) WHERE id = j $$;
CREATE FUNCTION fleet.reap() RETURNS int LANGUAGE plpgsql SET search_path = fleet, pg_temp AS $$
DECLARE j bigint; n int := 0; BEGIN
    FOR j IN SELECT id FROM jobs WHERE state = 'leased' AND lease_until < now() ORDER BY lease_until LIMIT 100 FOR UPDATE SKIP LOCKED LOOP
        PERFORM put_back(j, 'the worker was not heard of any more');
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
-- The next job: highest priority first, among equals that of the box which was served longest ago.
CREATE FUNCTION fleet.take(seconds int) RETURNS TABLE(id bigint, lease uuid, object text, name text, language text, bulk boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
#variable_conflict use_column
DECLARE w int := my_worker(); lane int; j bigint; BEGIN
    PERFORM reap();
    FOR lane IN SELECT l.box FROM lanes l CROSS JOIN LATERAL (
            SELECT x.priority FROM jobs x WHERE x.box = l.box AND x.state = 'waiting' AND x.run_after <= now()
            ORDER BY x.priority DESC, x.id LIMIT 1) top ORDER BY top.priority DESC, l.taken LOOP
        SELECT x.id INTO j FROM jobs x WHERE x.box = lane AND x.state = 'waiting' AND x.run_after <= now()
            ORDER BY x.priority DESC, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN j IS NULL;
        UPDATE lanes SET taken = nextval('turns') WHERE box = lane;
        RETURN QUERY UPDATE jobs x SET state = 'leased', attempts = attempts + 1, lease = gen_random_uuid(), worker = session_user,
            lease_until = now() + interval '1 second' * seconds WHERE x.id = j
            RETURNING x.id, x.lease, x.object, x.name, x.language, x.meeting IS NULL;
        RETURN;
    END LOOP;
END $$;
-- false: the lease is no longer this worker's, whatever it does now has no effect.
CREATE FUNCTION fleet.beat(j bigint, held uuid, seconds int) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    UPDATE workers SET seen_at = now() WHERE id = w;
    UPDATE jobs SET lease_until = now() + interval '1 second' * seconds WHERE id = j AND lease = held AND state = 'leased';
    RETURN FOUND;
END $$;
CREATE FUNCTION fleet.finish(j bigint, held uuid, answer text, doc jsonb, digest text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); x jobs; BEGIN
    SELECT * INTO x FROM jobs WHERE id = j AND lease = held AND state = 'leased' FOR UPDATE;
    IF x.id IS NULL THEN RETURN false; END IF;
    IF x.meeting IS NULL THEN
        PERFORM store_meeting(x.box, x.team, -x.id, doc || jsonb_build_object('title', coalesce(nullif(x.name, ''), doc->>'title')), digest,
                              CASE WHEN x.object NOT LIKE 's3://%' THEN x.object END, NULL);
    END IF;
    UPDATE jobs SET state = CASE WHEN x.meeting IS NULL THEN 'delivered' ELSE 'done' END, lease = NULL, lease_until = NULL, error = '',
        done_at = now(), result = CASE WHEN x.meeting IS NULL THEN NULL ELSE answer END WHERE id = j;
    RETURN true;
END $$;
CREATE FUNCTION fleet.fail(j bigint, held uuid, why text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    PERFORM FROM jobs WHERE id = j AND lease = held AND state = 'leased' FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM put_back(j, why);
    RETURN true;
END $$;
-- Given back unharmed by a worker that was told to stop.
CREATE FUNCTION fleet.release(j bigint, held uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    UPDATE jobs SET state = 'waiting', attempts = attempts - 1, lease = NULL, lease_until = NULL WHERE id = j AND lease = held AND state = 'leased';
    RETURN FOUND;
END $$;
-- Results that this box has not taken in yet.
CREATE FUNCTION fleet.results() RETURNS TABLE(job bigint, local_id bigint, result text) LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    SELECT j.id, m.local_id, j.result FROM jobs j JOIN meetings m ON m.id = j.meeting
    WHERE j.box = (SELECT id FROM my_box()) AND j.state = 'done' ORDER BY j.id LIMIT 20 $$;
CREATE FUNCTION fleet.delivered(j bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    UPDATE jobs SET state = 'delivered', result = NULL WHERE id = j AND state = 'done' AND box = (SELECT id FROM my_box()) $$;
-- What was set aside is tried again.
CREATE FUNCTION fleet.retry(j bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE fleet.jobs SET state = 'waiting', attempts = 0, run_after = now() WHERE id = j AND state = 'set aside';
    RETURN FOUND;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.enqueue, fleet.enqueue_object, fleet.results, fleet.delivered TO fleet_box;
GRANT EXECUTE ON FUNCTION fleet.take, fleet.beat, fleet.finish, fleet.fail, fleet.release TO fleet_worker;
