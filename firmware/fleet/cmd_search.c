/* Search over all meetings that the reader may see. */
#include "firmware/fleet/find.h"
#include "firmware/fleet/fleet.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static void show(const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        int at = (int)strtod(PQgetvalue(r, i, MOIM_HIT_START), NULL);
        const char *who = PQgetvalue(r, i, MOIM_HIT_SPEAKER);
        printf("%s [%d:%02d:%02d] %s%s%s  (%s, %s, %s)\n", PQgetvalue(r, i, MOIM_HIT_MEETING), at / 3600,
               at / 60 % 60, at % 60, who, *who ? ": " : "", PQgetvalue(r, i, MOIM_HIT_TEXT),
               PQgetvalue(r, i, MOIM_HIT_TITLE), PQgetvalue(r, i, MOIM_HIT_DATE),
               PQgetvalue(r, i, MOIM_HIT_BOX));
    }
}

/* Where the embedding model is not installed, words alone are looked for. */
static int run_query(struct moim_cli *cli, PGconn *pg, struct moim_fleet_search *q, bool meaning)
{
    float v[MOIM_VECTOR_DIM];
    PGresult *r = NULL;
    struct moim_err ignored = {0};
    if (meaning && !q->like && *q->words && !moim_fleet_question(q->words, v, &ignored)) q->v = v;
    int rc = moim_fleet_search(pg, q, &r, &cli->err);
    if (!rc && cli->json)
        rc = moim_print_json(cli, moim_fleet_hits_json(r));
    else if (!rc)
        show(r);
    PQclear(r);
    return rc;
}

static int run_search(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *like = NULL;
    struct moim_fleet_filter f = MOIM_FLEET_ALL;
    int limit = 20;
    bool words_only = false;
    char words[2048];
    const struct moim_opt opts[] = {
        MOIM_FLEET_OPTIONS(&config),
        MOIM_FLEET_FILTERS(f),
        {"like", MOIM_OPT_STR, "MEETING@SECONDS", "also what is like what was said there", &like},
        {"words-only", MOIM_OPT_FLAG, NULL, "do not search by meaning", &words_only},
        {"limit", MOIM_OPT_INT, "N", "at most so many (default: 20)", &limit}};
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, -1);
    if (n < 0) return n;
    if (!n && !like) return moim_fail(&cli->err, MOIM_EINVAL, "search: words, or --like");
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_join_args(cli, argv, n, words, sizeof words);
    if (!rc) rc = moim_cli_text(cli, "words", words);
    if (!rc) rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    struct moim_fleet_search q = {words, like, NULL, f, limit};
    rc = run_query(cli, pg, &q, !words_only);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}
const struct moim_command moim_command_search = {
    "search", "[WORDS...]", "search the meetings of your teams, by words (also inside them) and by meaning",
    "All words must occur within eight lines. A hit is cited by meeting, time and speaker.", run_search};
