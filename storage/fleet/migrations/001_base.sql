-- Tables, roles and who may see what. A person, a box and a worker are database roles of their own, their tokens are
-- passwords (kept by PostgreSQL as SCRAM verifiers): row-level security holds whatever the programs above do.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

DO $$ DECLARE r text; BEGIN
    FOREACH r IN ARRAY ARRAY['fleet_box', 'fleet_member', 'fleet_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
    END LOOP;
END $$;

CREATE TABLE fleet.organisations(id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL UNIQUE);
CREATE TABLE fleet.teams(
    id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, organisation int NOT NULL REFERENCES fleet.organisations ON DELETE CASCADE,
    name text NOT NULL, UNIQUE(organisation, name));
CREATE TABLE fleet.members(
    id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, organisation int NOT NULL REFERENCES fleet.organisations ON DELETE CASCADE,
    name text NOT NULL, login name NOT NULL UNIQUE, admin boolean NOT NULL DEFAULT false, revoked_at timestamptz);
-- reader: the team's meetings. manager: its jobs and audit log too.
CREATE TABLE fleet.memberships(
    team int NOT NULL REFERENCES fleet.teams ON DELETE CASCADE, member int NOT NULL REFERENCES fleet.members ON DELETE CASCADE,
    role text NOT NULL DEFAULT 'reader' CHECK(role IN ('reader', 'manager')), PRIMARY KEY(team, member));
CREATE TABLE fleet.boxes(
    id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, team int NOT NULL REFERENCES fleet.teams,
    name text NOT NULL, login name NOT NULL UNIQUE, store text, -- which store it archives: set by its first push
    added_at timestamptz NOT NULL DEFAULT now(), seen_at timestamptz, revoked_at timestamptz);
CREATE TABLE fleet.workers(
    id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL, login name NOT NULL UNIQUE, seen_at timestamptz,
    revoked_at timestamptz);

CREATE TABLE fleet.meetings(
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, box int NOT NULL REFERENCES fleet.boxes, local_id bigint NOT NULL,
    team int NOT NULL REFERENCES fleet.teams, version bigint NOT NULL DEFAULT 1, digest text NOT NULL,
    title text NOT NULL, started_at timestamptz NOT NULL, duration float8 NOT NULL, language text NOT NULL, state int NOT NULL,
    object text, object_bytes bigint, trashed boolean NOT NULL DEFAULT false, archived_at timestamptz NOT NULL DEFAULT now(), UNIQUE(box, local_id), UNIQUE(id, team));
CREATE INDEX meetings_by_time ON fleet.meetings(team, started_at);
-- What belongs to a meeting carries its team, so that a policy looks at the row alone.
CREATE TABLE fleet.segments(
    meeting bigint NOT NULL, id bigint NOT NULL, team int NOT NULL, start float8 NOT NULL, "end" float8 NOT NULL, speaker int NOT NULL,
    text text NOT NULL, first_pass text NOT NULL, words jsonb NOT NULL, language text NOT NULL, confidence float8 NOT NULL,
    edited boolean NOT NULL, PRIMARY KEY(meeting, id),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE fleet.speakers(
    meeting bigint NOT NULL, number int NOT NULL, team int NOT NULL, name text NOT NULL, PRIMARY KEY(meeting, number),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE fleet.minutes_lines(
    meeting bigint NOT NULL, line int NOT NULL, team int NOT NULL, kind text NOT NULL, text text NOT NULL, owner text NOT NULL,
    due_text text NOT NULL, due_date text NOT NULL, done_at timestamptz, start float8 NOT NULL, "end" float8 NOT NULL, evidence bigint[] NOT NULL,
    PRIMARY KEY(meeting, line),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE VIEW fleet.tasks WITH (security_invoker = true) AS
    SELECT meeting, line, team, text, owner, due_text, due_date, done_at, evidence FROM fleet.minutes_lines WHERE kind = 'action';
CREATE TABLE fleet.tags(
    meeting bigint NOT NULL, tag text NOT NULL, team int NOT NULL, PRIMARY KEY(meeting, tag),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX tags_by_name ON fleet.tags(tag);
CREATE TABLE fleet.bookmarks(
    meeting bigint NOT NULL, id bigint NOT NULL, team int NOT NULL, at float8 NOT NULL, note text NOT NULL, PRIMARY KEY(meeting, id),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
-- vector as the store has it (docs/schema.md); code: the signs of its 384 values.
CREATE TABLE fleet.passages(
    meeting bigint NOT NULL, start float8 NOT NULL, team int NOT NULL, last float8 NOT NULL, "end" float8 NOT NULL,
    vector bytea NOT NULL, code bit(384) NOT NULL, PRIMARY KEY(meeting, start),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE fleet.corrections(
    meeting bigint NOT NULL, id bigint NOT NULL, team int NOT NULL, segment bigint NOT NULL, before text NOT NULL,
    at timestamptz NOT NULL, PRIMARY KEY(meeting, id),
    FOREIGN KEY(meeting, team) REFERENCES fleet.meetings(id, team) ON DELETE CASCADE ON UPDATE CASCADE);
-- A meeting that was deleted for good never comes back; object: sound that has still to be removed.
CREATE TABLE fleet.deletions(
    box int NOT NULL REFERENCES fleet.boxes, local_id bigint NOT NULL, deleted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY(box, local_id));
CREATE TABLE fleet.dead_objects(
    object text PRIMARY KEY, box int NOT NULL REFERENCES fleet.boxes, since timestamptz NOT NULL DEFAULT now());
CREATE TABLE fleet.audit(
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login name NOT NULL DEFAULT session_user, team int, action text NOT NULL, subject text NOT NULL DEFAULT '');
CREATE INDEX audit_by_team ON fleet.audit(team, at);

CREATE FUNCTION fleet.note(team int, action text, subject text) RETURNS void LANGUAGE sql
    BEGIN ATOMIC INSERT INTO fleet.audit(team, action, subject) VALUES(team, action, subject); END;

-- Who asks is who logged in, never a value that a client can set.
CREATE FUNCTION fleet.my_teams(wanted text DEFAULT 'reader') RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = fleet, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT t.id), '{}') FROM members m JOIN teams t ON t.organisation = m.organisation
        LEFT JOIN memberships s ON s.member = m.id AND s.team = t.id
    WHERE m.login = session_user AND m.revoked_at IS NULL AND (m.admin OR s.role = 'manager' OR (s.role = 'reader' AND wanted = 'reader')) $$;
CREATE FUNCTION fleet.my_box() RETURNS fleet.boxes LANGUAGE plpgsql SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
DECLARE b boxes; BEGIN
    SELECT * INTO b FROM boxes WHERE login = session_user AND revoked_at IS NULL;
    IF b.id IS NULL THEN RAISE EXCEPTION 'this box is not registered, or was revoked' USING ERRCODE = '42501'; END IF;
    RETURN b;
END $$;
CREATE FUNCTION fleet.my_organisation() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = fleet, pg_temp AS $$
    SELECT organisation FROM members WHERE login = session_user AND revoked_at IS NULL $$;

REVOKE ALL ON SCHEMA fleet FROM PUBLIC;
GRANT USAGE ON SCHEMA fleet TO fleet_box, fleet_member, fleet_worker;
-- Boxes and workers read no table at all: they have functions. Members only read, and only rows of their teams.
DO $$ DECLARE t text; BEGIN
    FOREACH t IN ARRAY ARRAY['meetings', 'segments', 'speakers', 'minutes_lines', 'tags', 'bookmarks', 'passages', 'corrections'] LOOP
        EXECUTE format('ALTER TABLE fleet.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('GRANT SELECT ON fleet.%I TO fleet_member', t);
        EXECUTE format('CREATE POLICY members_read ON fleet.%I FOR SELECT TO fleet_member '
                       'USING (%s team = ANY((SELECT fleet.my_teams())::int[]))', t, CASE t WHEN 'meetings' THEN 'NOT trashed AND' END);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['organisations', 'teams', 'members', 'memberships', 'boxes', 'workers', 'deletions', 'dead_objects', 'audit'] LOOP
        EXECUTE format('ALTER TABLE fleet.%I ENABLE ROW LEVEL SECURITY', t);
    END LOOP;
END $$;
GRANT SELECT ON fleet.tasks, fleet.organisations, fleet.teams, fleet.audit TO fleet_member;
GRANT SELECT(id, team, name, seen_at, revoked_at) ON fleet.boxes TO fleet_member;
CREATE POLICY own ON fleet.organisations FOR SELECT TO fleet_member USING (id = (SELECT fleet.my_organisation()));
CREATE POLICY own ON fleet.teams FOR SELECT TO fleet_member USING (id = ANY((SELECT fleet.my_teams())::int[]));
CREATE POLICY own ON fleet.boxes FOR SELECT TO fleet_member USING (team = ANY((SELECT fleet.my_teams())::int[]));
CREATE POLICY managers ON fleet.audit FOR SELECT TO fleet_member USING (team = ANY((SELECT fleet.my_teams('manager'))::int[]));

-- A role that may log in, with its token as a SCRAM verifier.
CREATE FUNCTION fleet.make_login(login text, verifier text, member_of text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', login, verifier);
    EXECUTE format('GRANT %I TO %I', member_of, login);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
END $$;
CREATE FUNCTION fleet.end_login(gone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', gone);
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = gone AND pid <> pg_backend_pid();
END $$;
CREATE FUNCTION fleet.add_team(organisation text, team text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE o int; t int; BEGIN
    INSERT INTO fleet.organisations(name) VALUES(add_team.organisation) ON CONFLICT DO NOTHING;
    SELECT id INTO o FROM fleet.organisations WHERE name = add_team.organisation;
    INSERT INTO fleet.teams(organisation, name) VALUES(o, team) ON CONFLICT DO NOTHING;
    SELECT id INTO t FROM fleet.teams x WHERE x.organisation = o AND name = team;
    PERFORM fleet.note(t, 'team', team);
    RETURN t;
END $$;
CREATE FUNCTION fleet.team_named(organisation text, team text) RETURNS fleet.teams LANGUAGE plpgsql AS $$
DECLARE t fleet.teams; BEGIN
    SELECT x.* INTO t FROM fleet.teams x JOIN fleet.organisations o ON o.id = x.organisation WHERE o.name = team_named.organisation AND x.name = team;
    IF t.id IS NULL THEN RAISE EXCEPTION 'no such team: % of %', team, organisation USING ERRCODE = 'MF404'; END IF;
    RETURN t;
END $$;
CREATE FUNCTION fleet.add_box(organisation text, team text, box text, login text, verifier text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE t fleet.teams := fleet.team_named(organisation, team); b int; BEGIN
    PERFORM fleet.make_login(login, verifier, 'fleet_box');
    INSERT INTO fleet.boxes(team, name, login) VALUES(t.id, box, add_box.login) RETURNING id INTO b;
    PERFORM fleet.note(t.id, 'box added', box);
    RETURN b;
END $$;
CREATE FUNCTION fleet.add_member(organisation text, team text, member text, login text, verifier text, role text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE t fleet.teams := fleet.team_named(organisation, team); m int; BEGIN
    SELECT id INTO m FROM fleet.members x WHERE x.login = add_member.login AND x.organisation = t.organisation AND revoked_at IS NULL;
    IF m IS NULL THEN
        PERFORM fleet.make_login(login, verifier, 'fleet_member');
        INSERT INTO fleet.members(organisation, name, login, admin) VALUES(t.organisation, member, add_member.login, role = 'admin') RETURNING id INTO m;
    END IF;
    IF role <> 'admin' THEN
        INSERT INTO fleet.memberships VALUES(t.id, m, role) ON CONFLICT ON CONSTRAINT memberships_pkey DO UPDATE SET role = excluded.role;
    END IF;
    PERFORM fleet.note(t.id, 'member added', member || ': ' || role);
    RETURN m;
END $$;
CREATE FUNCTION fleet.add_worker(worker text, login text, verifier text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE w int; BEGIN
    PERFORM fleet.make_login(login, verifier, 'fleet_worker');
    INSERT INTO fleet.workers(name, login) VALUES(worker, add_worker.login) RETURNING id INTO w;
    PERFORM fleet.note(NULL, 'worker added', worker);
    RETURN w;
END $$;
-- From here on nobody with this token reads or writes anything, also in a session that is open.
CREATE FUNCTION fleet.revoke(gone text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE hit int := 0; n int; BEGIN
    UPDATE fleet.boxes SET revoked_at = now() WHERE login = gone AND revoked_at IS NULL; GET DIAGNOSTICS n = ROW_COUNT; hit := hit + n;
    UPDATE fleet.members SET revoked_at = now() WHERE login = gone AND revoked_at IS NULL; GET DIAGNOSTICS n = ROW_COUNT; hit := hit + n;
    UPDATE fleet.workers SET revoked_at = now() WHERE login = gone AND revoked_at IS NULL; GET DIAGNOSTICS n = ROW_COUNT; hit := hit + n;
    IF hit = 0 THEN RETURN false; END IF;
    PERFORM fleet.end_login(gone);
    PERFORM fleet.note((SELECT team FROM fleet.boxes WHERE login = gone), 'revoked', gone);
    RETURN true;
END $$;
