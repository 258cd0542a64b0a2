/* A question to all meetings that the reader may see. */
#include "firmware/fleet/find.h"
#include "firmware/fleet/fleet.h"
#include "storage/export.h"

#include <cjson/cJSON.h>

static void show(const struct moim_fleet_answer *a, const char *question)
{
    const struct moim_reply *r = &a->reply;
    puts(moim_reply_text(r, question));
    for (int i = 0; i < r->n; i++) {
        const struct moim_citation *c = &r->cite[i];
        const struct moim_fleet_source *from = moim_fleet_source_of(a, c->meeting);
        char at[32];
        moim_clock(at, sizeof at, c->start);
        printf("  %s [%s] %s%s%s  (%s, %s)\n", from->archived, at, c->speaker, *c->speaker ? ": " : "",
               c->text, c->title, from->box);
    }
}

static int ask(struct moim_cli *cli, PGconn *pg, const char *question, const struct moim_fleet_filter *f,
               const char *model)
{
    float v[MOIM_VECTOR_DIM];
    struct moim_fleet_answer a = {0};
    /* Without the embedding model words alone are looked for. */
    bool meant = !moim_fleet_question(question, v, NULL);
    int rc = moim_fleet_ask_meetings(pg, question, meant ? v : NULL, f, &a, &cli->err);
    if (!rc) rc = moim_fleet_ask_answer(&a, question, model, cli->threads, NULL, &cli->err);
    if (!rc && cli->json)
        rc = moim_print_json(cli, moim_fleet_answer_json(&a));
    else if (!rc)
        show(&a, question);
    moim_fleet_answer_clear(&a);
    return rc;
}

static int run_ask(struct moim_cli *cli, int argc, char **argv)
{
    const char *config = MOIM_FLEET_CONFIG, *model = NULL;
    struct moim_fleet_filter f = MOIM_FLEET_ALL;
    char question[1024];
    const struct moim_opt opts[] = {MOIM_FLEET_OPTIONS(&config),
                                    MOIM_FLEET_FILTERS(f),
                                    {"minutes-model", MOIM_OPT_STR, "NAME",
                                     "the model that answers (default: the one that writes minutes)",
                                     &model}};
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, -1);
    if (n < 0) return n;
    struct moim_fleet_config c;
    PGconn *pg;
    int rc = moim_join_args(cli, argv, n, question, sizeof question);
    if (!rc) rc = moim_cli_text(cli, "question", question);
    if (!rc) rc = moim_fleet_open(&c, config, &pg, &cli->err);
    if (rc) return rc;
    rc = ask(cli, pg, question, &f, model);
    PQfinish(pg);
    moim_fleet_config_free(&c);
    return rc;
}

const struct moim_command moim_command_ask_fleet = {
    "ask", "QUESTION", "answer a question from the meetings of your teams, with the places where it was said",
    "The meetings that the question may be about are read into a private folder, which is removed at the end. Says that it\n"
    "does not know when they do not tell (with --json \"known\": false and no citations).",
    run_ask};
