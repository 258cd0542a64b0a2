#include "firmware/fleet/meaning.h"
#include "firmware/pipeline/engine_int.h"
#include "storage/search_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RERANKED "512"
#define PROBES "32"
#define LEAST 0.2f /* as storage/search.h: below it a passage is not like the question */

int moim_fleet_question_by(struct moim_engine *e, const char *text, float v[MOIM_VECTOR_DIM],
                           struct moim_err *err)
{
    struct moim_embed *m;
    const char *name;
    int rc = moim_engine_embed(e, &m, &name, err);
    return rc ? rc : moim_embed_topic(m, MOIM_EMBED_QUERY, text, v, err);
}

int moim_fleet_question(const char *text, float v[MOIM_VECTOR_DIM], struct moim_err *err)
{
    struct moim_engine *e;
    int rc = moim_engine_new(&e, 1, err);
    if (rc) return rc;
    rc = moim_fleet_question_by(e, text, v, err);
    moim_engine_free(e);
    return rc;
}

/* A bytea as text: "\x..."; false: not as long as a vector. */
static bool unhex(const char *text, uint8_t out[MOIM_VECTOR_BYTES])
{
    if (strlen(text) != 2 + 2 * MOIM_VECTOR_BYTES) return false;
    for (int i = 0; i < MOIM_VECTOR_BYTES; i++) {
        char byte[3] = {text[2 + 2 * i], text[3 + 2 * i], 0}, *end;
        out[i] = (uint8_t)strtoul(byte, &end, 16);
        if (*end) return false;
    }
    return true;
}

int moim_fleet_like(PGconn *pg, const char *place, float v[MOIM_VECTOR_DIM], struct moim_err *err)
{
    char meeting[24], at[24];
    uint8_t stored[MOIM_VECTOR_BYTES];
    PGresult *r;
    if (sscanf(place, "%23[0-9]@%23[0-9.]", meeting, at) != 2)
        return moim_fail(err, MOIM_EINVAL, "--like %s: not MEETING@SECONDS", place);
    int rc =
        moim_pg_query(pg, &r, err,
                      "SELECT vector FROM fleet.passages WHERE meeting = $1::bigint AND start <= $2::float8"
                      " ORDER BY start DESC LIMIT 1",
                      2, (const char *const[]){meeting, at});
    if (rc) return rc;
    if (!PQntuples(r) || !unhex(PQgetvalue(r, 0, 0), stored))
        rc = moim_fail(err, MOIM_ENOENT, "--like %s: no passage with a vector is there", place);
    PQclear(r);
    float scale;
    if (!rc) memcpy(&scale, stored, sizeof scale);
    for (int i = 0; !rc && i < MOIM_VECTOR_DIM; i++) v[i] = scale * (float)(int8_t)stored[4 + i];
    return rc;
}

/* The signs as the archive has them (storage/fleet/document.c). */
static void code_text(const float *v, char out[MOIM_VECTOR_DIM + 1])
{
    uint8_t packed[MOIM_VECTOR_BYTES];
    moim_vector_pack(v, packed);
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) out[i] = (int8_t)packed[4 + i] >= 0 ? '1' : '0';
    out[MOIM_VECTOR_DIM] = 0;
}

struct near {
    int row;
    float cosine;
};

static int nearer(const void *a, const void *b)
{
    const struct near *x = a, *y = b;
    if (x->cosine != y->cosine) return x->cosine < y->cosine ? 1 : -1;
    return x->row - y->row;
}

static char *array_of(const PGresult *r, const struct near *list, int n, int column)
{
    char *out = malloc((size_t)n * 32 + 3);
    size_t at = 0;
    if (!out) return NULL;
    out[at++] = '{';
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, 32, "%s%.30s", i ? "," : "", PQgetvalue(r, list[i].row, column));
    strcpy(out + at, "}");
    return out;
}

static int rank(const PGresult *r, const float *v, int most, char **meetings, char **starts,
                struct moim_err *err)
{
    int rows = PQntuples(r), n = 0;
    struct near *list = calloc((size_t)rows + 1, sizeof *list);
    if (!list) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < rows; i++) {
        uint8_t stored[MOIM_VECTOR_BYTES];
        if (!unhex(PQgetvalue(r, i, 2), stored)) continue;
        struct near near = {i, moim_vector_dot(v, stored)};
        if (near.cosine >= LEAST && near.cosine < 2) list[n++] = near;
    }
    qsort(list, (size_t)n, sizeof *list, nearer);
    if (n > most) n = most;
    *meetings = array_of(r, list, n, 0);
    *starts = array_of(r, list, n, 1);
    free(list);
    return *meetings && *starts ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
}

int moim_fleet_near(PGconn *pg, const float v[MOIM_VECTOR_DIM], const struct moim_fleet_filter *f, int most,
                    char **meetings, char **starts, struct moim_err *err)
{
    static const char sql[] =
        "SELECT p.meeting, p.start, p.vector FROM fleet.near($1::bit(384), " MOIM_FLEET_SPAN(
            "$2", "$3") ","
                        " $4, $5, " PROBES ", " RERANKED ", $6, $7) n"
                        " JOIN fleet.passages p ON p.meeting = n.meeting AND p.start = n.start";
    char code[MOIM_VECTOR_DIM + 1];
    PGresult *r;
    code_text(v, code);
    const char *values[] = {code, f->from, f->to, f->tag, f->team, f->room, f->person};
    int rc = moim_pg_query(pg, &r, err, sql, 7, values);
    if (rc) return rc;
    rc = rank(r, v, most, meetings, starts, err);
    PQclear(r);
    return rc;
}
