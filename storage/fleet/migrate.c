/* Schema migrations: files 001, 002, ... of storage/fleet/migrations stand in the program as they are. A published
 * one is never changed; later versions add some. */
#include "storage/fleet/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIGRATION(name, file)                                                                                \
    extern const char name[];                                                                                \
    __asm__(".section .rodata\n"                                                                             \
            ".global " #name "\n" #name ":\n"                                                                \
            ".incbin \"storage/fleet/migrations/" file "\"\n"                                                \
            ".byte 0\n"                                                                                      \
            ".previous\n")
MIGRATION(moim_fleet_sql_001, "001_base.sql");
MIGRATION(moim_fleet_sql_002, "002_archive.sql");
MIGRATION(moim_fleet_sql_003, "003_jobs.sql");
MIGRATION(moim_fleet_sql_004, "004_search.sql");
MIGRATION(moim_fleet_sql_005, "005_bulk.sql");
MIGRATION(moim_fleet_sql_006, "006_queue.sql");
MIGRATION(moim_fleet_sql_007, "007_meaning.sql");
MIGRATION(moim_fleet_sql_008, "008_page.sql");
MIGRATION(moim_fleet_sql_009, "009_ingest.sql");
MIGRATION(moim_fleet_sql_010, "010_lease.sql");
MIGRATION(moim_fleet_sql_011, "011_certainty.sql");

static const char *const steps[] = {moim_fleet_sql_001, moim_fleet_sql_002, moim_fleet_sql_003,
                                    moim_fleet_sql_004, moim_fleet_sql_005, moim_fleet_sql_006,
                                    moim_fleet_sql_007, moim_fleet_sql_008, moim_fleet_sql_009,
                                    moim_fleet_sql_010, moim_fleet_sql_011};
#define N_STEPS (int)(sizeof steps / sizeof steps[0])

int moim_pg_version_known(void)
{
    return N_STEPS;
}

int moim_pg_version(PGconn *pg, int *version, struct moim_err *err)
{
    bool there;
    *version = 0;
    int rc = moim_pg_ask(
        pg, &there, err,
        "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'fleet' AND tablename = 'versions')", 0,
        NULL);
    if (rc || !there) return rc;
    PGresult *r;
    rc = moim_pg_query(pg, &r, err, "SELECT coalesce(max(version), 0) FROM fleet.versions", 0, NULL);
    if (rc) return rc;
    *version = atoi(PQgetvalue(r, 0, 0));
    PQclear(r);
    return MOIM_OK;
}

static int apply(PGconn *pg, int step, struct moim_err *err)
{
    char number[12];
    const char *values[] = {number};
    snprintf(number, sizeof number, "%d", step + 1);
    int rc = moim_pg_query(pg, NULL, err, steps[step], 0, NULL);
    return rc ? rc
              : moim_pg_query(pg, NULL, err, "INSERT INTO fleet.versions(version) VALUES($1::int)", 1,
                              values);
}

static int migrate(PGconn *pg, int *from, int *to, struct moim_err *err)
{
    /* Others who migrate at the same time wait here until this is committed. */
    int rc = moim_pg_query(pg, NULL, err, "SELECT pg_advisory_xact_lock(1836017005)", 0, NULL);
    if (!rc)
        rc = moim_pg_query(pg, NULL, err,
                           "CREATE SCHEMA IF NOT EXISTS fleet; CREATE TABLE IF NOT EXISTS fleet.versions("
                           "version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
                           0, NULL);
    if (!rc) rc = moim_pg_version(pg, from, err);
    if (!rc && *from > N_STEPS)
        rc = moim_fail(err, MOIM_EVERSION, "the fleet's schema has version %d, this program knows %d", *from,
                       N_STEPS);
    for (*to = *from; !rc && *to < N_STEPS; ++*to) rc = apply(pg, *to, err);
    return rc;
}

int moim_pg_migrate(PGconn *pg, int *from, int *to, struct moim_err *err)
{
    int rc = moim_pg_query(pg, NULL, err, "BEGIN", 0, NULL);
    if (rc) return rc;
    rc = migrate(pg, from, to, err);
    int end = moim_pg_query(pg, NULL, rc ? NULL : err, rc ? "ROLLBACK" : "COMMIT", 0, NULL);
    return rc ? rc : end;
}
