/* moim-fleet index: divides the codes of the archive into cells, so that search by meaning reads the nearest ones alone.
 * Centres are found by k-means on a sample, in bits: the nearest centre by differing bits, the majority of its codes as the
 * next. Codes that came since lie in cell 0, which every search reads, until the next run. */
#include "firmware/fleet/fleet.h"
#include "storage/passages.h"

#include <stdlib.h>
#include <string.h>

#define WORDS (MOIM_VECTOR_DIM / 64)
#define ROUNDS 8
#define SAMPLE 200000
#define PART 20000
#define A_CELL 1000 /* passages; below 50 cells everything is read */
#define CELLS_MIN 50
#define CELLS_MAX 32768

struct code {
    uint64_t bits[WORDS];
};

static bool read_code(const char *text, struct code *c)
{
    if (strlen(text) != MOIM_VECTOR_DIM) return false;
    memset(c, 0, sizeof *c);
    for (int i = 0; i < MOIM_VECTOR_DIM; i++)
        if (text[i] == '1') c->bits[i / 64] |= (uint64_t)1 << i % 64;
    return true;
}

#if defined __x86_64__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
__attribute__((target_clones("popcnt", "default")))
#endif
static int
nearest(const struct code *c, const struct code *centres, int k)
{
    int best = 0, least = MOIM_VECTOR_DIM + 1;
    for (int i = 0; i < k; i++) {
        int d = 0;
        for (int w = 0; w < WORDS; w++) d += __builtin_popcountll(c->bits[w] ^ centres[i].bits[w]);
        if (d < least) least = d, best = i;
    }
    return best;
}

/* One round; ones: [k][MOIM_VECTOR_DIM] counters, count: [k]. A centre that nobody is near to becomes some code. */
static void improve(const struct code *sample, int n, struct code *centres, int k, int *ones, int *count)
{
    memset(ones, 0, (size_t)k * MOIM_VECTOR_DIM * sizeof *ones);
    memset(count, 0, (size_t)k * sizeof *count);
    for (int i = 0; i < n; i++) {
        int c = nearest(&sample[i], centres, k);
        count[c]++;
        for (int b = 0; b < MOIM_VECTOR_DIM; b++)
            ones[c * MOIM_VECTOR_DIM + b] += (int)(sample[i].bits[b / 64] >> b % 64 & 1);
    }
    for (int c = 0; c < k; c++) {
        if (!count[c]) {
            centres[c] = sample[(int)((long)c * n / k)];
            continue;
        }
        memset(&centres[c], 0, sizeof centres[c]);
        for (int b = 0; b < MOIM_VECTOR_DIM; b++)
            if (2 * ones[c * MOIM_VECTOR_DIM + b] > count[c])
                centres[c].bits[b / 64] |= (uint64_t)1 << b % 64;
    }
}

static int codes_of(const PGresult *r, int column, struct code **list, int *n, struct moim_err *err)
{
    *n = 0;
    *list = calloc((size_t)PQntuples(r) + 1, sizeof **list);
    if (!*list) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < PQntuples(r); i++) *n += read_code(PQgetvalue(r, i, column), &(*list)[*n]);
    return MOIM_OK;
}

static int put_centres(PGconn *pg, const struct code *centres, int k, struct moim_err *err)
{
    /* All passages are in no cell again: those of other centres mean nothing. */
    int rc = moim_pg_send(pg, err, "UPDATE fleet.passages SET cell = 0 WHERE cell <> 0", 0, NULL);
    if (!rc) rc = moim_pg_send(pg, err, "DELETE FROM fleet.cells", 0, NULL);
    for (int i = 0; !rc && i < k; i++) {
        char id[12], bits[MOIM_VECTOR_DIM + 1];
        snprintf(id, sizeof id, "%d", i + 1);
        for (int b = 0; b < MOIM_VECTOR_DIM; b++) bits[b] = centres[i].bits[b / 64] >> b % 64 & 1 ? '1' : '0';
        bits[MOIM_VECTOR_DIM] = 0;
        rc = moim_pg_send(pg, err, "INSERT INTO fleet.cells VALUES($1::int, $2::bit(384))", 2,
                          (const char *const[]){id, bits});
    }
    int end = moim_pg_sync(pg, rc ? NULL : err);
    return rc ? rc : end;
}

static int train(PGconn *pg, int k, struct moim_err *err)
{
    PGresult *r;
    struct code *sample = NULL, *centres = calloc((size_t)k, sizeof *centres);
    int *ones = calloc((size_t)k * MOIM_VECTOR_DIM, sizeof *ones), *count = calloc((size_t)k, sizeof *count),
        n = 0;
    char most[12];
    snprintf(most, sizeof most, "%d", SAMPLE);
    int rc = centres && ones && count ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc)
        rc = moim_pg_query(
            pg, &r, err,
            "SELECT code FROM fleet.passages TABLESAMPLE SYSTEM (least(100, 100.0 * 2 * $1::int / greatest(1,"
            " (SELECT reltuples FROM pg_class WHERE oid = 'fleet.passages'::regclass)))) ORDER BY random() LIMIT $1::int",
            1, (const char *const[]){most});
    if (!rc) rc = codes_of(r, 0, &sample, &n, err), PQclear(r);
    if (!rc && n) {
        for (int i = 0; i < k; i++) centres[i] = sample[(int)((long)i * n / k)];
        for (int i = 0; i < ROUNDS; i++) improve(sample, n, centres, k, ones, count);
        rc = put_centres(pg, centres, k, err);
    }
    free(sample), free(centres), free(ones), free(count);
    return rc;
}

static int put_part(PGconn *pg, const PGresult *r, const int *cell, int n, struct moim_err *err)
{
    char *text[3] = {0};
    size_t at[3] = {0};
    int rc = MOIM_OK;
    for (int k = 0; k < 3; k++)
        if (!(text[k] = malloc((size_t)n * 32 + 3))) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < n; i++)
        for (int k = 0; k < 3; k++)
            at[k] +=
                (size_t)(k < 2 ? snprintf(text[k] + at[k], 32, "%c%.30s", i ? ',' : '{', PQgetvalue(r, i, k))
                               : snprintf(text[k] + at[k], 32, "%c%d", i ? ',' : '{', cell[i]));
    for (int k = 0; !rc && k < 3; k++) strcpy(text[k] + at[k], "}");
    if (!rc)
        rc = moim_pg_query(
            pg, NULL, err,
            "UPDATE fleet.passages p SET cell = x.cell FROM unnest($1::bigint[], $2::float8[], $3::int[])"
            " AS x(meeting, start, cell) WHERE p.meeting = x.meeting AND p.start = x.start",
            3, (const char *const *)text);
    for (int k = 0; k < 3; k++) free(text[k]);
    return rc;
}

/* One part of what is in no cell yet; *n: how many. */
static int assign_part(PGconn *pg, const struct code *centres, int k, int *n, struct moim_err *err)
{
    PGresult *r;
    char most[12];
    snprintf(most, sizeof most, "%d", PART);
    int rc = moim_pg_query(pg, &r, err,
                           "SELECT meeting, start, code FROM fleet.passages WHERE cell = 0 LIMIT $1::int", 1,
                           (const char *const[]){most});
    if (rc) return rc;
    *n = PQntuples(r);
    int *cell = calloc((size_t)*n + 1, sizeof *cell);
    if (!cell) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < *n; i++) {
        struct code c = {{0}};
        read_code(PQgetvalue(r, i, 2), &c);
        cell[i] = nearest(&c, centres, k) + 1;
    }
    if (!rc && *n) rc = put_part(pg, r, cell, *n, err);
    free(cell);
    PQclear(r);
    return rc;
}

static int assign(PGconn *pg, int *done, struct moim_err *err)
{
    PGresult *r;
    struct code *centres;
    int k, n = 1;
    int rc = moim_pg_query(pg, &r, err, "SELECT centre FROM fleet.cells ORDER BY id", 0, NULL);
    if (rc) return rc;
    rc = codes_of(r, 0, &centres, &k, err);
    PQclear(r);
    while (!rc && k && n) {
        rc = assign_part(pg, centres, k, &n, err);
        if (!rc) *done += n;
    }
    free(centres);
    return rc;
}

/* How many cells there are, and how many fit what is archived: new ones when that has grown fourfold. */
static int plan(PGconn *pg, int *have, int *want, struct moim_err *err)
{
    PGresult *r;
    int rc = moim_pg_query(pg, &r, err,
                           "SELECT (SELECT count(*) FROM fleet.cells), (SELECT count(*) FROM fleet.passages)",
                           0, NULL);
    if (rc) return rc;
    *have = atoi(PQgetvalue(r, 0, 0));
    long fit = strtol(PQgetvalue(r, 0, 1), NULL, 10) / A_CELL;
    PQclear(r);
    if (!*want) *want = fit < CELLS_MIN || fit < 4L * *have ? *have : fit > CELLS_MAX ? CELLS_MAX : (int)fit;
    return MOIM_OK;
}

static int run_index(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG;
    int cells = 0, have, done = 0;
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config),
                                    {"cells", MOIM_OPT_INT, "N",
                                     "so many (default: one for 1,000 passages, from 50,000 passages on)",
                                     &cells}};
    int n = moim_cli_args(cli, opts, 2, argc, argv, 0, 0);
    if (n < 0) return n;
    if (cells < 0 || cells > CELLS_MAX)
        return moim_fail(&cli->err, MOIM_EINVAL, "--cells: 1 to %d", CELLS_MAX);
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = plan(pg, &have, &cells, &cli->err);
    if (!rc && cells != have) rc = train(pg, cells, &cli->err);
    if (!rc) rc = assign(pg, &done, &cli->err);
    if (!rc && !cli->quiet) printf("%d cells, %d passages newly in them\n", cells, done);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_index = {
    "index", "",
    "divide the passages into cells, so that search by meaning stays quick (as the database's owner)",
    "To be run every hour, say: passages that came since are searched one by one.", run_index};
