/* Search: search, ask, tag. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/cli/reply_json.h"
#include "firmware/pipeline/ask.h"
#include "firmware/pipeline/semantic_index.h"
#include "storage/export.h"
#include "storage/overview.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A day as YYYY-MM-DD in local time; its first moment, or the first of the next one. */
static int parse_day(struct moim_cli *cli, const char *text, int days_later, int64_t *out)
{
    struct tm tm = {.tm_isdst = -1};
    char after;
    if (!text) return MOIM_OK;
    if (sscanf(text, "%4d-%2d-%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &after) != 3 || tm.tm_mon < 1 ||
        tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_year < 1970)
        return moim_fail(&cli->err, MOIM_EINVAL, "'%s': a day is written YYYY-MM-DD", text);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    tm.tm_mday += days_later;
    *out = (int64_t)mktime(&tm);
    return MOIM_OK;
}

/* Prints text, with the query's words in bold on a terminal. */
static void print_marked(const char *text, const char *query, bool bold)
{
    struct moim_highlight mark[64];
    int n = bold ? moim_search_highlights(query, text, mark, 64) : 0, at = 0, k = 0;
    for (; *text; text++) {
        if ((*text & 0xc0) != 0x80) {
            if (k < n && at == mark[k].to) fputs("\033[0m", stdout), k++;
            if (k < n && at == mark[k].from) fputs("\033[1m", stdout);
            at++;
        }
        putchar(*text);
    }
    if (k < n && at > mark[k].from) fputs("\033[0m", stdout);
}

static void print_hit(const struct moim_hit *h, const char *query, bool bold)
{
    char at[32], own[MOIM_LABEL];
    struct moim_segment who = {.speaker = h->speaker, .speaker_name = h->speaker_name};
    moim_clock(at, sizeof at, h->start);
    const char *label = moim_speaker_label(own, &who, h->language);
    printf("%lld [%s] %s%s", (long long)h->meeting, at, label, *label ? ": " : "");
    print_marked(h->text, query, bold);
    printf("  (%s%s%s%s)\n", h->title, h->segment ? "" : ", ", h->segment ? "" : h->where,
           h->found == MOIM_FOUND_MEANING ? ", by meaning" : "");
}

static int show_hits(struct moim_cli *cli, const struct moim_hit *hits, int n, const char *query)
{
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    bool bold = isatty(STDOUT_FILENO);
    for (int i = 0; i < n; i++) {
        if (cli->json)
            moim_json_append(all, moim_hit_json(&hits[i], query));
        else
            print_hit(&hits[i], query, bold);
    }
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
}

struct fleet_option {
    const char *name, *value; /* value NULL: left out, "": a flag */
};

/* The fleet has a program of its own: this one knows no network. Does not return when it is there. */
static int run_fleet(struct moim_cli *cli, const char *command, const struct fleet_option *option,
                     int n_options, char **words, int n)
{
    const char **argv = calloc((size_t)n + 2 * (size_t)n_options + 5, sizeof *argv);
    int k = 0;
    if (!argv) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    argv[k++] = "moim-fleet", argv[k++] = command;
    if (cli->json) argv[k++] = "--json";
    for (int i = 0; i < n_options; i++) {
        if (option[i].value) argv[k++] = option[i].name;
        if (option[i].value && *option[i].value) argv[k++] = option[i].value;
    }
    argv[k++] = "--";
    for (int i = 0; i < n; i++) argv[k++] = words[i];
    execvp(argv[0], (char *const *)argv);
    free(argv);
    return moim_fail(&cli->err, MOIM_ENOENT, "--fleet: moim-fleet is not installed");
}

static int search_fleet(struct moim_cli *cli, const char *since, const char *until,
                        const struct moim_search_query *q, bool words_only, char **words, int n)
{
    char most[12];
    snprintf(most, sizeof most, "%d", q->limit);
    const struct fleet_option option[] = {{"--limit", most},
                                          {"--since", since},
                                          {"--until", until},
                                          {"--tag", q->tag},
                                          {"--words-only", words_only ? "" : NULL}};
    return run_fleet(cli, "search", option, 5, words, n);
}

static int run_search(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_search_query q = {.limit = 50, .names = true};
    const char *since = NULL, *until = NULL;
    bool words = false, fleet = false;
    struct moim_opt opts[] = {
        {"limit", MOIM_OPT_INT, "N", "show at most N hits (default: 50)", &q.limit},
        {"since", MOIM_OPT_STR, "DAY", "meetings of that day (YYYY-MM-DD) and later", &since},
        {"until", MOIM_OPT_STR, "DAY", "meetings of that day and earlier", &until},
        {"speaker", MOIM_OPT_STR, "NAME", "said by a person: a part of the name, or the number", &q.speaker},
        {"tag", MOIM_OPT_STR, "TAG", "meetings that carry a tag", &q.tag},
        {"words", MOIM_OPT_FLAG, NULL, "only what holds the words, nothing that means the like", &words},
        {"fleet", MOIM_OPT_FLAG, NULL, "in the archive of all recorders, by moim-fleet", &fleet},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, -1);
    if (n < 0) return n;
    if (fleet && q.speaker)
        return moim_fail(&cli->err, MOIM_EINVAL, "--fleet cannot be narrowed by --speaker");
    if (fleet) return search_fleet(cli, since, until, &q, words, argv, n);
    char query[1024];
    int rc = moim_join_args(cli, argv, n, query, sizeof query);
    if (!rc) rc = parse_day(cli, since, 0, &q.since);
    if (!rc) rc = parse_day(cli, until, 1, &q.until);
    struct moim_store *s;
    struct moim_engine *e = NULL;
    struct moim_hit *hits;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    q.text = query;
    /* One thread: waking others costs more than embedding a dozen words. Without a model the search is by
     * words only. */
    struct moim_err ignored;
    if (!words) moim_engine_new(&e, 1, &ignored);
    rc = moim_find(e, s, &q, &hits, &n, &cli->err);
    if (!rc) {
        rc = show_hits(cli, hits, n, query);
        moim_hits_free(hits, n);
    }
    moim_engine_free(e);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_search = {
    "search", "WORDS", "find what was said: by its words, and by what it means",
    "Every word must occur, parts of words too; after them comes what means the like, in either language. With --json: meeting,\n"
    "segment, title, started_at, start, end, speaker, text, where, found, score, similarity, highlights (code points of text).",
    run_search};

/* ---- questions ---- */

static void print_place(const struct moim_citation *c)
{
    char at[32], day[32];
    time_t t = (time_t)c->started_at;
    struct tm tm;
    moim_clock(at, sizeof at, c->start);
    strftime(day, sizeof day, "%Y-%m-%d", localtime_r(&t, &tm));
    printf("  %lld [%s] %s%s%s  (%s, %s)\n", (long long)c->meeting, at, c->speaker, *c->speaker ? ": " : "",
           c->text, c->title, day);
}

static int print_reply(struct moim_cli *cli, const char *question, const struct moim_reply *r)
{
    const char *text = moim_reply_text(r, question);
    if (cli->json) {
        cJSON *o = moim_reply_json(r, text);
        cJSON_AddStringToObject(o, "question", question);
        return moim_print_json(cli, o);
    }
    printf("%s\n", text);
    for (int i = 0; i < r->n; i++) print_place(&r->cite[i]);
    if (r->n_near) printf("%s\n", moim_reply_near_text(question));
    for (int i = 0; i < r->n_near; i++) print_place(&r->near[i]);
    return MOIM_OK;
}

static int run_ask(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_ask_filter f = {0};
    const char *since = NULL, *until = NULL;
    bool fleet = false;
    struct moim_opt opts[] = {
        {"since", MOIM_OPT_STR, "DAY", "from meetings of that day (YYYY-MM-DD) and later", &since},
        {"until", MOIM_OPT_STR, "DAY", "from meetings of that day and earlier", &until},
        {"tag", MOIM_OPT_STR, "TAG", "from meetings that carry a tag", &f.tag},
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "the model that reads what is doubtful (default: the one that writes minutes); none: no model",
         &f.model},
        {"fleet", MOIM_OPT_FLAG, NULL, "from the archive of all recorders, by moim-fleet", &fleet},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, -1);
    if (n < 0) return n;
    char question[1024];
    int rc = moim_join_args(cli, argv, n, question, sizeof question);
    if (!rc && !question[strspn(question, " \t\n")])
        rc = moim_fail(&cli->err, MOIM_EINVAL, "ask: the question is empty");
    if (!rc) rc = parse_day(cli, since, 0, &f.since);
    if (!rc) rc = parse_day(cli, until, 1, &f.until);
    const struct fleet_option option[] = {
        {"--since", since}, {"--until", until}, {"--tag", f.tag}, {"--minutes-model", f.model}};
    if (!rc && fleet) rc = run_fleet(cli, "ask", option, 4, argv, n);
    struct moim_store *s;
    struct moim_engine *e = NULL;
    struct moim_reply reply;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc) rc = moim_ask(e, s, question, &f, &reply, &cli->err);
    if (!rc) {
        rc = print_reply(cli, question, &reply);
        moim_reply_clear(&reply);
    }
    moim_engine_free(e);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_ask = {
    "ask", "QUESTION", "answer a question from the meetings, with the places where it was said",
    "Says that it does not know when nothing in the store surely answers it, and shows the places that come closest (exit 0; with\n"
    "--json \"known\": false, no citations, and those places in \"near\").",
    run_ask};

/* ---- tags ---- */

static int print_tags(struct moim_cli *cli, const char *lines)
{
    if (!cli->json) {
        if (*lines) printf("%s\n", lines);
        return MOIM_OK;
    }
    cJSON *all = cJSON_CreateArray();
    for (const char *p = lines; *p;) {
        size_t n = strcspn(p, "\n");
        char *one = strndup(p, n);
        if (one) moim_json_append(all, cJSON_CreateString(one));
        free(one);
        p += n + (p[n] == '\n');
    }
    return moim_print_json(cli, all);
}

static int list_tags(struct moim_cli *cli, struct moim_store *s)
{
    struct moim_tag_count *list;
    int n, rc = moim_tags_list(s, &list, &n, &cli->err);
    if (rc) return rc;
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n; i++) {
        if (!cli->json) {
            printf("%4d  %s\n", list[i].meetings, list[i].tag);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "tag", list[i].tag);
        cJSON_AddNumberToObject(o, "meetings", list[i].meetings);
        moim_json_append(all, o);
    }
    moim_tags_free(list, n);
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
}

/* The meeting's tags with those of argv added or removed. */
static int change_tags(struct moim_cli *cli, struct moim_store *s, int64_t id, char *lines, bool add,
                       char **argv, int n)
{
    const char **tags = calloc(strlen(lines) + (size_t)n + 1, sizeof *tags);
    int count = 0;
    char *save = NULL;
    if (!tags) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    for (char *t = strtok_r(lines, "\n", &save); t; t = strtok_r(NULL, "\n", &save)) {
        bool out = false;
        for (int i = 0; i < n; i++) out = out || !strcmp(argv[i], t);
        if (add || !out) tags[count++] = t;
    }
    for (int i = 0; add && i < n; i++) tags[count++] = argv[i];
    int rc = moim_tags_set(s, id, tags, count, &cli->err);
    free(tags);
    return rc;
}

static int run_tag(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 0, -1);
    if (n < 0) return n;
    long long id = 0;
    bool add = n > 2 && !strcmp(argv[1], "add"), take = n > 2 && !strcmp(argv[1], "remove");
    if (n > 1 && !add && !take)
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "usage: moim tag [ID [add TAG... | remove TAG...]] (see: moim tag --help)");
    int rc = n ? moim_cli_id(cli, argv[0], &id) : MOIM_OK;
    for (int i = 2; add && !rc && i < n; i++) rc = moim_cli_text(cli, "tag", argv[i]);
    struct moim_store *s;
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    struct moim_overview row;
    if (!n) {
        rc = list_tags(cli, s);
    } else if (!(rc = moim_overview_get(s, id, &row, &cli->err))) {
        rc = n > 1 ? change_tags(cli, s, id, row.tags, add, argv + 2, n - 2) : print_tags(cli, row.tags);
        moim_overview_clear(&row);
    }
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_tag = {"tag", "[ID [add TAG... | remove TAG...]]",
                                              "tag meetings; list a meeting's tags, or all", NULL, run_tag};
