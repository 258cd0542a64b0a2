/* moim-eval ask: questions about the meetings of a store, some of which nothing answers. */
#include "tests/eval/eval_ask.h"
#include "firmware/library/import_transcript.h"
#include "firmware/pipeline/semantic_index.h"
#include "summarize/answer_rank.h"
#include "tests/eval/eval_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct asked {
    FILE *features; /* of every turn that was weighed, or NULL */
    FILE *places;   /* of every place that a small model read, or NULL */
    int number;
    const char *title;
    char *must;
    bool quiet;
};

struct tally {
    int asked, right, wrong, near, unanswerable,
        refused; /* near: unanswered, and the meeting's place is shown as close */
};

/* "a|b&c": any of a and b, and c: a bit for each part that a text holds, and how many there are. */
static unsigned parts_held(const char *text, const char *must, int *of)
{
    char copy[1024], *outer = NULL;
    unsigned held = 0;
    *of = 0;
    snprintf(copy, sizeof copy, "%s", must);
    for (char *part = strtok_r(copy, "&", &outer); part; part = strtok_r(NULL, "&", &outer)) {
        char *inner = NULL;
        for (char *w = strtok_r(part, "|", &inner); w; w = strtok_r(NULL, "|", &inner))
            if (strcasestr(text, w)) held |= 1u << *of;
        ++*of;
    }
    return held;
}

/* A line for training: question, parts that a right answer has, those in this turn, the turn, and what its score is made of. */
static void write_features(void *arg, const struct moim_weighed *w)
{
    struct asked *a = arg;
    char said[4096];
    int of;
    snprintf(said, sizeof said, "%s %s", w->said->speaker, w->said->text);
    unsigned held = parts_held(said, a->must, &of);
    bool there = !strcmp(w->title, a->title);
    fprintf(a->features, "%d\t%d\t%u\t%d\t%d\t%u\t%zu\t%s", a->number, strcmp(a->title, "-") ? of : 0,
            there ? held : 0, w->turn, w->fits, w->answered, strlen(w->said->text), w->title);
    for (int i = 0; i < MOIM_ANSWER_FEATURES; i++) fprintf(a->features, "\t%.5g", (double)w->features[i]);
    fputc('\n', a->features);
}

/* A line for training: question, whether anything answers, whether this place's words do, what tells it. */
static void write_place(void *arg, const char *title, const char *text, const struct moim_place *p)
{
    struct asked *a = arg;
    int of;
    unsigned held = parts_held(text, a->must, &of);
    bool known = !strcmp(a->title, "-"), right = !known && !strcmp(title, a->title) && held == (1u << of) - 1;
    fprintf(a->places, "%d\t%d\t%d\t%.4f\t%.4f\t%.4f\t%d\t%d\t%d\n", a->number, !known, right, p->score,
            p->gain, p->alone, p->words, p->fits, p->form);
}

/* A place of the right meeting that holds at least a part of the answer. */
static bool is_near(const struct asked *a, const struct moim_reply *r)
{
    int of;
    for (int i = 0; i < r->n_near; i++)
        if (!strcmp(r->near[i].title, a->title) && parts_held(r->near[i].text, a->must, &of)) return true;
    return false;
}

static void score(const struct asked *a, const char *question, const struct moim_reply *r, struct tally *t)
{
    int of = 0;
    unsigned held = r->n ? parts_held(r->text, a->must, &of) : 0;
    bool there = false, known = !strcmp(a->title, "-"), ok;
    for (int i = 0; i < r->n; i++) there = there || !strcmp(r->cite[i].title, a->title);
    if (known) {
        ok = !r->n;
        t->unanswerable++;
        t->refused += ok;
    } else {
        ok = r->n && there && held == (1u << of) - 1;
        t->asked++;
        t->right += ok;
        t->wrong += r->n && !ok;
        t->near += !r->n && is_near(a, r);
    }
    if (!a->quiet) printf("%s %s -> %s\n", ok ? "ok " : r->n ? "BAD" : "-  ", question, r->n ? r->text : "?");
    fflush(stdout);
}

/* One line of the list: question, title, what a right answer holds. */
static int ask_line(struct moim_engine *e, struct moim_store *s, struct asked *a, char *line,
                    struct moim_ask_filter *f, struct tally *t, struct moim_err *err)
{
    char *title = strchr(line, '\t'), *must = title ? strchr(title + 1, '\t') : NULL;
    struct moim_reply r;
    line[strcspn(line, "\n")] = 0;
    if (*line == '#' || !title) return MOIM_OK;
    *title++ = 0;
    if (must) *must++ = 0;
    a->title = title;
    a->must = must ? must : (char *)"";
    a->number++;
    int rc = moim_ask(e, s, line, f, &r, err);
    if (rc) return rc;
    score(a, line, &r, t);
    moim_reply_clear(&r);
    return MOIM_OK;
}

static int ask_all(struct moim_cli *cli, struct moim_engine *e, struct moim_store *s, const char *list,
                   struct asked *a, struct moim_ask_filter *f)
{
    struct tally t = {0};
    char line[4096];
    clock_t from = clock();
    int rc = MOIM_OK;
    FILE *in = fopen(list, "re");
    if (!in) return moim_fail_errno(&cli->err, "%s", list);
    while (!rc && fgets(line, sizeof line, in)) rc = ask_line(e, s, a, line, f, &t, &cli->err);
    fclose(in);
    int n = t.asked + t.unanswerable;
    if (!rc)
        printf(
            "ask        %d of %d answered rightly, %d wrongly, %d not at all (a place that answers is among the closest of %d); %d of %d "
            "unanswerable ones refused; %.2f s "
            "of CPU each\n",
            t.right, t.asked, t.wrong, t.asked - t.right - t.wrong, t.near, t.refused, t.unanswerable,
            n ? (double)(clock() - from) / CLOCKS_PER_SEC / n : 0);
    return rc;
}

struct importer {
    struct moim_store *store;
    const char *dir;
};

static int import_one(void *arg, const char *name, int place, int of, struct moim_err *err)
{
    (void)place, (void)of;
    const struct importer *to = arg;
    char path[4096];
    int64_t id;
    snprintf(path, sizeof path, "%s/%s", to->dir, name);
    return moim_import_text(to->store, path, NULL, &id, err);
}

static int import_all(struct moim_store *s, const char *dir, struct moim_err *err)
{
    struct importer to = {s, dir};
    int n = moim_eval_each_json(dir, import_one, &to, err);
    return n < 0 ? n : MOIM_OK;
}

static void remove_folder(const char *folder)
{
    struct dirent **list;
    int n = scandir(folder, &list, NULL, NULL);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..")) unlink(path);
        free(list[i]);
    }
    if (n >= 0) free(list);
    rmdir(folder);
}

static int ask_of(struct moim_cli *cli, const char *db, const char *list, char *const *dirs, int n,
                  struct asked *a, struct moim_ask_filter *f)
{
    struct moim_store *s;
    struct moim_engine *e = NULL;
    int left, rc = moim_store_open(&s, db, &cli->err);
    if (rc) return rc;
    for (int i = 0; !rc && i < n; i++) rc = import_all(s, dirs[i], &cli->err);
    if (!rc) rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc && n)
        moim_embed_waiting(e, s, 0, NULL, NULL, &left, NULL); /* without the model: by words alone */
    if (!rc) rc = ask_all(cli, e, s, list, a, f);
    moim_engine_free(e);
    moim_store_close(s);
    return rc;
}

static int ask_scratch(struct moim_cli *cli, const char *list, char *const *dirs, int n, struct asked *a,
                       struct moim_ask_filter *f)
{
    char folder[] = "/tmp/moim-eval-XXXXXX", db[64];
    if (!n) return ask_of(cli, cli->db, list, dirs, n, a, f);
    if (!mkdtemp(folder)) return moim_fail_errno(&cli->err, "%s", folder);
    snprintf(db, sizeof db, "%s/moim.db", folder);
    int rc = ask_of(cli, db, list, dirs, n, a, f);
    remove_folder(folder);
    return rc;
}

int moim_eval_questions(struct moim_cli *cli, const char *list, char *const *dirs, int n, bool quiet,
                        struct moim_ask_filter *f)
{
    struct asked a = {.quiet = quiet};
    return ask_scratch(cli, list, dirs, n, &a, f);
}

static int run_ask(struct moim_cli *cli, int argc, char **argv)
{
    struct asked a = {0};
    struct moim_ask_filter f = {.arg = &a};
    const char *features = NULL, *places = NULL;
    struct moim_opt opts[] = {
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "the model that reads (default: the one that writes minutes; none)", &f.model},
        {"features", MOIM_OPT_STR, "FILE", "write what every turn's score is made of", &features},
        {"places", MOIM_OPT_STR, "FILE", "write what a small model makes of the likeliest places", &places},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 20);
    if (n < 0) return n;
    if (features && !(a.features = fopen(features, "we"))) return moim_fail_errno(&cli->err, "%s", features);
    if (features) f.weighed = write_features;
    if (places && !(a.places = fopen(places, "we"))) return moim_fail_errno(&cli->err, "%s", places);
    if (places) f.placed = write_place;
    int rc = ask_scratch(cli, argv[0], argv + 1, n - 1, &a, &f);
    if (a.features && fclose(a.features) && !rc) rc = moim_fail_errno(&cli->err, "%s", features);
    if (a.places && fclose(a.places) && !rc) rc = moim_fail_errno(&cli->err, "%s", places);
    return rc;
}

const struct moim_command moim_eval_ask = {
    "ask", "FILE [DIR...]", "score answers to questions about transcripts in folders, or about the store",
    "FILE has lines of question, title of the meeting (- where nothing answers) and what a right answer holds, between tabs;\n"
    "\"a|b&c\" is any of a and b, and c. With --features FILE is read by summarize/training/ask.py.",
    run_ask};
