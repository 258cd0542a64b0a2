-- The queue at any length: one look into one index finds the next job, and no two workers wait for each other.
-- Fair between rooms: a job gets its turn when it is put in line, one after the last turn of its room (of this priority), but
-- not before those that are served now. So rooms alternate, whatever they have put in line.
ALTER TABLE fleet.jobs ADD COLUMN turn bigint NOT NULL DEFAULT 0;
CREATE TABLE fleet.turns_of(box int NOT NULL REFERENCES fleet.boxes ON DELETE CASCADE, priority int NOT NULL, turn bigint NOT NULL, PRIMARY KEY(box, priority));
ALTER TABLE fleet.turns_of ENABLE ROW LEVEL SECURITY;
UPDATE fleet.jobs j SET turn = x.n FROM (SELECT id, row_number() OVER (PARTITION BY box, priority ORDER BY id) AS n FROM fleet.jobs) x WHERE x.id = j.id;
INSERT INTO fleet.turns_of SELECT box, priority, max(turn) FROM fleet.jobs GROUP BY box, priority;
DROP INDEX fleet.jobs_waiting;
CREATE INDEX jobs_next ON fleet.jobs(priority DESC, turn, id) WHERE state = 'waiting';
ALTER TABLE fleet.jobs DROP CONSTRAINT jobs_box_fkey, ADD FOREIGN KEY(box) REFERENCES fleet.boxes;
DROP TABLE fleet.lanes;
DROP SEQUENCE fleet.turns;
ALTER TABLE fleet.jobs SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE FUNCTION fleet.give_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
BEGIN
    INSERT INTO turns_of AS t VALUES(NEW.box, NEW.priority, coalesce((SELECT j.turn FROM jobs j WHERE j.state = 'waiting' AND j.priority = NEW.priority
            ORDER BY j.priority DESC, j.turn, j.id LIMIT 1), 1))
        ON CONFLICT (box, priority) DO UPDATE SET turn = greatest(t.turn + 1, excluded.turn) RETURNING turn INTO NEW.turn;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_turn BEFORE INSERT ON fleet.jobs FOR EACH ROW EXECUTE FUNCTION fleet.give_turn();
-- Workers that have nothing to do listen.
CREATE FUNCTION fleet.tell_workers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY fleet_jobs;
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_told AFTER INSERT ON fleet.jobs FOR EACH STATEMENT EXECUTE FUNCTION fleet.tell_workers();

CREATE OR REPLACE FUNCTION fleet.enqueue(local bigint, wanted int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); j bigint; BEGIN
    INSERT INTO jobs(box, team, meeting, object, name, language, priority)
        SELECT b.id, b.team, m.id, m.object, m.title, m.language, wanted FROM meetings m
        WHERE m.box = b.id AND m.local_id = local AND m.object IS NOT NULL ON CONFLICT DO NOTHING RETURNING id INTO j;
    RETURN j;
END $$;
CREATE OR REPLACE FUNCTION fleet.enqueue_object(object text, name text, language text, wanted int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = fleet, pg_temp AS $$
DECLARE b boxes := my_box(); j bigint; BEGIN
    IF object NOT LIKE b.id || '/%' AND object NOT LIKE 's3://%' THEN RAISE EXCEPTION 'not an object of this box' USING ERRCODE = '42501'; END IF;
    IF EXISTS (SELECT FROM jobs x WHERE x.box = b.id AND x.object = enqueue_object.object) THEN RETURN NULL; END IF;
    INSERT INTO jobs(box, team, object, name, language, priority) VALUES(b.id, b.team, object, name, language, wanted)
        ON CONFLICT DO NOTHING RETURNING id INTO j;
    RETURN j;
END $$;
CREATE INDEX jobs_of_object ON fleet.jobs(box, object);

-- Taking, renewing and giving back need not outlast a crash of the database: the job then waits again, and a lease that the
-- database does not know has no effect. finish() is durable, and with it what came before.
CREATE FUNCTION fleet.not_durable() RETURNS void LANGUAGE sql AS $$ SELECT set_config('synchronous_commit', 'off', true) $$;
CREATE OR REPLACE FUNCTION fleet.take(seconds int) RETURNS TABLE(id bigint, lease uuid, object text, name text, language text, bulk boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
#variable_conflict use_column
DECLARE w int := my_worker(); BEGIN
    PERFORM not_durable();
    PERFORM reap();
    RETURN QUERY UPDATE jobs x SET state = 'leased', attempts = attempts + 1, lease = gen_random_uuid(), worker = session_user,
            lease_until = now() + interval '1 second' * seconds
        WHERE x.id = (SELECT j.id FROM jobs j WHERE j.state = 'waiting' AND j.run_after <= now() ORDER BY j.priority DESC, j.turn, j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING x.id, x.lease, x.object, x.name, x.language, x.meeting IS NULL;
END $$;
-- Seconds until a job may be taken that may not be yet: a pause ends, a lease runs out. NULL: none.
CREATE FUNCTION fleet.next_due() RETURNS float8 LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    RETURN extract(epoch FROM least((SELECT min(run_after) FROM jobs WHERE state = 'waiting'), (SELECT min(lease_until) FROM jobs WHERE state = 'leased')) - now());
END $$;
CREATE INDEX jobs_due ON fleet.jobs(run_after) WHERE state = 'waiting';
CREATE OR REPLACE FUNCTION fleet.beat(j bigint, held uuid, seconds int) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    PERFORM not_durable();
    UPDATE workers SET seen_at = now() WHERE id = w AND coalesce(seen_at < now() - interval '10 seconds', true);
    UPDATE jobs SET lease_until = now() + interval '1 second' * seconds WHERE id = j AND lease = held AND state = 'leased';
    RETURN FOUND;
END $$;
CREATE OR REPLACE FUNCTION fleet.release(j bigint, held uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE w int := my_worker(); BEGIN
    PERFORM not_durable();
    UPDATE jobs SET state = 'waiting', attempts = attempts - 1, lease = NULL, lease_until = NULL WHERE id = j AND lease = held AND state = 'leased';
    IF FOUND THEN NOTIFY fleet_jobs; END IF;
    RETURN FOUND;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.next_due TO fleet_worker;
