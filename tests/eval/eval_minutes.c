/* moim-eval minutes: minutes of meetings whose decisions, tasks and questions are known. */
#include "base/mapfile.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/pipeline/model_strength.h"
#include "firmware/pipeline/process.h"
#include "storage/transcript_file.h"
#include "summarize/evidence.h"
#include "summarize/rouge.h"
#include "summarize/tagger.h"
#include "summarize/textrank.h"
#include "tests/eval/eval_ask.h"
#include "tests/eval/eval_files.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tally {
    int meetings, turns;
    int planted[3], found[3], right[3], invented[3], repeated[3]; /* decisions, actions, questions */
    int owner_wrong, due_wrong;
    int points, points_kept;
    int statements, supported;
    int rouged;
    struct moim_rouge ours, lead, rank, peer;
    double cpu, wall, seconds;
    struct moim_model_cost cost[MOIM_MINUTES_STAGES];
    int worded,
        fell_back; /* lines by the model, and findings in words of rules or quoted though one was there */
};

struct options {
    const char *model, *template, *peer_dir, *strength_name, *weights, *questions;
    enum moim_strength strength;
    const struct moim_tagger *tagger;
    bool verbose, no_model, no_states, asserted, lines;
    int every;
};

static const char *const kind_name[3] = {"decision", "action", "question"};
static const char *const key_name[3] = {"decisions", "actions", "questions"};

/* Without blanks and case: spacing is nobody's point here. */
static void squeeze(const char *s, char *out, size_t cap)
{
    size_t n = 0;
    for (; *s && n + 1 < cap; s++)
        if (*s != ' ') out[n++] = (char)tolower((unsigned char)*s);
    out[n] = 0;
}

static bool says_any(const char *text, const cJSON *words)
{
    char a[2048], b[256];
    const cJSON *w;
    squeeze(text, a, sizeof a);
    cJSON_ArrayForEach(w, words)
    {
        squeeze(cJSON_IsString(w) ? w->valuestring : "", b, sizeof b);
        if (*b && strstr(a, b)) return true;
    }
    return !cJSON_GetArraySize(words);
}

/* What is to be confirmed says in front what it may be; it counts as that unless only what is asserted is scored. */
static bool is_kind(const struct moim_minutes_item *it, int k, bool asserted)
{
    static const char *const label[3][2] = {
        {"결정: ", "Decision: "}, {"할 일: ", "To do: "}, {"질문: ", "Question: "}};
    if (!strcmp(it->kind, kind_name[k])) return true;
    if (asserted || strcmp(it->kind, "to_confirm")) return false;
    return !strncmp(it->text, label[k][0], strlen(label[k][0])) ||
           !strncmp(it->text, label[k][1], strlen(label[k][1]));
}

static bool cites_any(const struct moim_minutes_item *it, const cJSON *turns)
{
    const cJSON *t;
    cJSON_ArrayForEach(t, turns)
    {
        for (int i = 0; i < it->n_evidence; i++)
            if (it->evidence[i] == t->valueint - 1) return true;
    }
    return false;
}

static bool is_meant(const struct moim_minutes_item *it, const cJSON *planted)
{
    return cites_any(it, cJSON_GetObjectItem(planted, "turns")) &&
           says_any(it->text, cJSON_GetObjectItem(planted, "any"));
}

static const char *text_at(const cJSON *o, const char *key)
{
    const cJSON *s = cJSON_GetObjectItem(o, key);
    return cJSON_IsString(s) ? s->valuestring : "";
}

static bool same_person(const char *a, const char *b)
{
    char x[256], y[256];
    squeeze(a, x, sizeof x);
    squeeze(b, y, sizeof y);
    return !strcmp(x, y) || (*x && *y && (strstr(x, y) || strstr(y, x)));
}

static void complain(const struct options *o, const char *file, const char *what, const char *kind,
                     const struct moim_minutes_item *it, const cJSON *planted)
{
    if (!o->verbose) return;
    printf("  %s: %s %s", file, what, kind);
    if (it) printf(": %s | %s | %s | turns", it->text, it->owner, it->due_date);
    for (int i = 0; it && i < it->n_evidence; i++) printf(" %d", it->evidence[i] + 1);
    if (planted) {
        char *text = cJSON_PrintUnformatted(planted);
        printf("  planted: %s", text ? text : "");
        free(text);
    }
    putchar('\n');
}

/* Each planted thing takes the best statement that means it; what means none was invented. */
static void score_kind(struct tally *t, int k, const struct moim_minutes *m, const cJSON *key,
                       const char *file, const struct options *o)
{
    const cJSON *planted, *optional = cJSON_GetObjectItem(key, "optional"),
                          *list = cJSON_GetObjectItem(key, key_name[k]);
    bool *used = calloc((size_t)m->n + 1, sizeof *used);
    cJSON_ArrayForEach(planted, list)
    {
        const struct moim_minutes_item *best = NULL;
        bool owner = false, due = false;
        t->planted[k]++;
        for (int i = 0; used && i < m->n; i++) {
            const struct moim_minutes_item *it = &m->items[i];
            if (!is_kind(it, k, o->asserted) || !is_meant(it, planted)) continue;
            bool o_ok = k != 1 || same_person(it->owner, text_at(planted, "owner"));
            bool d_ok = k != 1 || !strcmp(it->due_date, text_at(planted, "due"));
            if (best && o_ok + d_ok <= owner + due) {
                if (!used[i]) t->repeated[k]++;
                used[i] = true;
                continue;
            }
            used[i] = true;
            best = it, owner = o_ok, due = d_ok;
        }
        t->found[k] += best != NULL;
        t->right[k] += best && owner && due;
        t->owner_wrong += best && !owner;
        t->due_wrong += best && !due;
        if (!best || !owner || !due)
            complain(o, file, best ? "wrong" : "missed", kind_name[k], best, planted);
    }
    for (int i = 0; used && i < m->n; i++) {
        if (!is_kind(&m->items[i], k, o->asserted) || used[i]) continue;
        bool allowed = false;
        cJSON_ArrayForEach(planted, optional) allowed =
            allowed || cites_any(&m->items[i], cJSON_GetObjectItem(planted, "turns"));
        if (allowed) continue;
        t->invented[k]++;
        complain(o, file, "invented", kind_name[k], &m->items[i], NULL);
    }
    free(used);
}

static void score_points(struct tally *t, const struct moim_minutes *m, const cJSON *key, const char *file,
                         const struct options *o)
{
    const cJSON *p;
    cJSON_ArrayForEach(p, cJSON_GetObjectItem(key, "points"))
    {
        bool kept = false;
        for (int i = 0; i < m->n && !kept; i++)
            kept = strcmp(m->items[i].kind, "topic") && strcmp(m->items[i].kind, "suggestion") &&
                   says_any(m->items[i].text, cJSON_GetObjectItem(p, "any"));
        t->points++;
        t->points_kept += kept;
        if (!kept) complain(o, file, "left out", "point", NULL, p);
    }
}

static bool due_is_cited(const struct moim_transcript_file *f, const struct moim_minutes_item *it)
{
    for (int i = 0; i < it->n_evidence; i++)
        if (strstr(f->turns[it->evidence[i]].text, it->due_text)) return true;
    return !*it->due_date;
}

static void score_support(struct tally *t, const struct moim_minutes *m, const struct moim_transcript_file *f,
                          const char *file, const struct options *o)
{
    for (int i = 0; i < m->n; i++) {
        const struct moim_minutes_item *it = &m->items[i];
        char said[2048];
        if (!strcmp(it->kind, "title") || !strcmp(it->kind, "topic")) continue;
        snprintf(said, sizeof said, "%s %s", it->text, it->owner);
        bool ok =
            moim_evidence_holds(f->turns, f->n, said, it->evidence, it->n_evidence) && due_is_cited(f, it);
        t->statements++;
        t->supported += ok;
        if (!ok) complain(o, file, "unsupported", it->kind, it, NULL);
    }
}

/* ---- summaries against a reference ---- */

static void add(struct moim_rouge *sum, const struct moim_rouge *one)
{
    sum->r1 += one->r1;
    sum->r2 += one->r2;
    sum->rl += one->rl;
}

static char *read_peer(const char *dir, const char *file)
{
    char path[4096], *text = calloc(1, 1 << 16);
    snprintf(path, sizeof path, "%s/%.*s.txt", dir, (int)(strlen(file) - 5), file);
    FILE *in = text ? fopen(path, "r") : NULL;
    if (in) {
        size_t n = fread(text, 1, (1 << 16) - 1, in);
        text[n] = 0;
        fclose(in);
    }
    return text;
}

/* Our three lines, the first and the most central turns of as many words, and the peer's text. */
static int score_summary(struct tally *t, const struct moim_minutes *m, const struct moim_transcript_file *f,
                         const char *reference, const char *file, const struct options *o,
                         struct moim_err *err)
{
    char text[1 << 14] = "";
    struct moim_rouge r;
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, "summary"))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "",
                     m->items[i].text);
    int rc = moim_rouge(reference, text, &r, err);
    if (rc) return rc;
    add(&t->ours, &r);
    if (o->verbose) printf("  %s: R1 %.3f R2 %.3f RL %.3f  %s\n", file, r.r1, r.r2, r.rl, text);
    char *lead = moim_extract_lead(f->turns, f->n, 100), *rank = moim_extract_textrank(f->turns, f->n, 100);
    char *peer = o->peer_dir ? read_peer(o->peer_dir, file) : NULL;
    rc = lead && rank ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc && !(rc = moim_rouge(reference, lead, &r, err))) add(&t->lead, &r);
    if (!rc && !(rc = moim_rouge(reference, rank, &r, err))) add(&t->rank, &r);
    if (!rc && peer && !(rc = moim_rouge(reference, peer, &r, err))) add(&t->peer, &r);
    free(lead);
    free(rank);
    free(peer);
    t->rouged++;
    return rc;
}

/* Every line with the turns that it cites, to be read against them. */
static void show_lines(const struct moim_minutes *m, const char *file)
{
    for (int i = 0; i < m->n; i++) {
        const struct moim_minutes_item *it = &m->items[i];
        printf("%s %s%s: %s%s%s%s%s [", file, it->kind, it->worded ? " worded" : "", it->text,
               *it->owner ? " | " : "", it->owner, *it->due_date ? " | " : "", it->due_date);
        for (int k = 0; k < it->n_evidence; k++) printf("%s%d", k ? " " : "", it->evidence[k] + 1);
        printf("]\n");
    }
    for (int i = 0; i < MOIM_MINUTES_STAGES; i++)
        printf("%s cost %d: %.1f s CPU, %d calls, %d read, %d reused, %d written\n", file, i, m->cost[i].cpu,
               m->cost[i].calls, m->cost[i].read, m->cost[i].reused, m->cost[i].written);
    fflush(stdout);
}

static double now(clockid_t clock)
{
    struct timespec s;
    clock_gettime(clock, &s);
    return (double)s.tv_sec + (double)s.tv_nsec / 1e9;
}

static void add_costs(struct tally *t, const struct moim_minutes *m)
{
    for (int i = 0; i < MOIM_MINUTES_STAGES; i++) {
        t->cost[i].calls += m->cost[i].calls;
        t->cost[i].read += m->cost[i].read;
        t->cost[i].reused += m->cost[i].reused;
        t->cost[i].written += m->cost[i].written;
        t->cost[i].cpu += m->cost[i].cpu;
    }
    for (int i = 0; i < m->n; i++) {
        bool found = false;
        for (int k = 0; k < 3; k++) found = found || is_kind(&m->items[i], k, false);
        t->worded += m->items[i].worded;
        t->fell_back += found && !m->items[i].worded;
    }
}

static int score_file(struct tally *t, struct moim_engine *e, struct moim_llm *model, const char *dir,
                      const char *file, const struct options *o, struct moim_err *err)
{
    char path[4096];
    struct moim_transcript_file f;
    struct moim_minutes m;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    int rc = moim_transcript_file_read(&f, path, err);
    if (rc) return rc;
    const cJSON *key = cJSON_GetObjectItem(f.root, "key");
    struct moim_minutes_request req = {.turns = f.turns,
                                       .n_turns = f.n,
                                       .language = f.language,
                                       .date = f.has_date ? f.date : (struct moim_date){2026, 1, 1},
                                       .template_name = o->template,
                                       .strength = o->strength,
                                       .tagger = o->tagger};
    double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
    if (!o->no_states) rc = moim_engine_turn_states(e, &req, err);
    if (!rc) rc = moim_minutes_write(model, &req, &m, err);
    free(req.state);
    if (!rc) {
        t->cpu += now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        t->wall += now(CLOCK_MONOTONIC) - wall;
        t->seconds += f.turns[f.n - 1].end;
        t->meetings++;
        t->turns += f.n;
        add_costs(t, &m);
        if (o->lines) show_lines(&m, file);
        const char *reference = text_at(key, "summary");
        if (!*reference) {
            for (int k = 0; k < 3; k++) score_kind(t, k, &m, key, file, o);
            score_points(t, &m, key, file, o);
        }
        score_support(t, &m, &f, file, o);
        if (*reference) rc = score_summary(t, &m, &f, reference, file, o, err);
        moim_minutes_free(&m);
    }
    moim_transcript_file_clear(&f);
    return rc;
}

static double share(int part, int whole)
{
    return whole ? 100.0 * part / whole : 100;
}

/* Of what is wholly right: precision among all that is said, recall among all that was planted. */
static double f1(const struct tally *t, int k)
{
    int all = t->planted[k] + t->found[k] + t->invented[k];
    return all ? 2.0 * t->right[k] / all : 1;
}

static void print_rouge(const char *name, const struct moim_rouge *r, int n)
{
    printf("%-10s ROUGE-1 %.4f  ROUGE-2 %.4f  ROUGE-L %.4f\n", name, r->r1 / n, r->r2 / n, r->rl / n);
}

static void print_costs(const struct tally *t)
{
    static const char *const name[MOIM_MINUTES_STAGES] = {"findings", "topics", "summary"};
    for (int i = 0; i < MOIM_MINUTES_STAGES; i++)
        printf("%-10s %.1f s CPU; %d calls, %d tokens read, %d in the cache, %d written\n", name[i],
               t->cost[i].cpu, t->cost[i].calls, t->cost[i].read, t->cost[i].reused, t->cost[i].written);
    printf("%-10s %d lines by the model; %d findings by rules or quoted\n", "worded", t->worded,
           t->fell_back);
}

static void print_tally(const struct tally *t, const struct options *o)
{
    for (int k = 0; k < 3 && t->planted[0] + t->planted[1] + t->planted[2]; k++)
        printf(
            "%-10s %d planted, %d found, %d right, %d invented, %d said twice; precision %.3f, recall %.3f, F1 %.3f\n",
            key_name[k], t->planted[k], t->found[k], t->right[k], t->invented[k], t->repeated[k],
            share(t->right[k], t->found[k] + t->invented[k]) / 100, share(t->right[k], t->planted[k]) / 100,
            f1(t, k));
    if (t->planted[1])
        printf("%-10s %d with a wrong owner, %d with a wrong day\n", "", t->owner_wrong, t->due_wrong);
    if (t->points)
        printf("%-10s %d planted, %d kept (%.1f %%)\n", "points", t->points, t->points_kept,
               share(t->points_kept, t->points));
    printf("%-10s %d of %d statements (%.1f %%)\n", "support", t->supported, t->statements,
           share(t->supported, t->statements));
    if (t->rouged) {
        print_rouge("moim", &t->ours, t->rouged);
        if (o->peer_dir) print_rouge("peer", &t->peer, t->rouged);
        print_rouge("lead", &t->lead, t->rouged);
        print_rouge("textrank", &t->rank, t->rouged);
    }
    printf("%-10s %d meetings, %d turns, about %.0f s of talk; %.1f s, %.1f s CPU; %.0f s CPU an hour\n",
           "run", t->meetings, t->turns, t->seconds, t->wall, t->cpu,
           t->seconds > 0 ? t->cpu * 3600 / t->seconds : 0);
    print_costs(t);
}

static int print_json(struct moim_cli *cli, const struct tally *t)
{
    cJSON *o = cJSON_CreateObject();
    for (int k = 0; k < 3; k++) {
        cJSON *p = cJSON_AddObjectToObject(o, key_name[k]);
        cJSON_AddNumberToObject(p, "planted", t->planted[k]);
        cJSON_AddNumberToObject(p, "found", t->found[k]);
        cJSON_AddNumberToObject(p, "right", t->right[k]);
        cJSON_AddNumberToObject(p, "invented", t->invented[k]);
        cJSON_AddNumberToObject(p, "repeated", t->repeated[k]);
        cJSON_AddNumberToObject(p, "f1", f1(t, k));
    }
    cJSON_AddNumberToObject(o, "points", t->points);
    cJSON_AddNumberToObject(o, "points_kept", t->points_kept);
    cJSON_AddNumberToObject(o, "statements", t->statements);
    cJSON_AddNumberToObject(o, "supported", t->supported);
    cJSON_AddNumberToObject(o, "meetings", t->meetings);
    cJSON_AddNumberToObject(o, "cpu_s", t->cpu);
    if (t->rouged) {
        const struct moim_rouge *r[] = {&t->ours, &t->peer, &t->lead, &t->rank};
        static const char *const name[] = {"moim", "peer", "lead", "textrank"};
        for (int i = 0; i < 4; i++) {
            cJSON *p = cJSON_AddObjectToObject(o, name[i]);
            cJSON_AddNumberToObject(p, "rouge1", r[i]->r1 / t->rouged);
            cJSON_AddNumberToObject(p, "rouge2", r[i]->r2 / t->rouged);
            cJSON_AddNumberToObject(p, "rougeL", r[i]->rl / t->rouged);
        }
    }
    return moim_print_json(cli, o);
}

/* What scores a folder. */
struct scorer {
    struct moim_cli *cli;
    struct moim_engine *e;
    struct moim_llm *model;
    const char *dir;
    const struct options *o;
    struct tally *t;
};

static int score_one(void *arg, const char *name, int place, int of, struct moim_err *err)
{
    const struct scorer *s = arg;
    moim_cli_progress(s->cli, "minutes", (double)place / of);
    return place % s->o->every ? MOIM_OK : score_file(s->t, s->e, s->model, s->dir, name, s->o, err);
}

static int run_all(struct moim_cli *cli, struct moim_engine *e, struct moim_llm *model, const char *dir,
                   const struct options *o, struct tally *t)
{
    struct scorer s = {cli, e, model, dir, o, t};
    int rc = moim_eval_each_json(dir, score_one, &s, &cli->err);
    moim_cli_progress(cli, "", -1);
    if (rc < 0) return rc;
    return t->meetings ? MOIM_OK : moim_fail(&cli->err, MOIM_ENOENT, "%s: no meetings in JSON", dir);
}

static int run_minutes(struct moim_cli *cli, int argc, char **argv)
{
    struct options o = {.every = 1};
    struct moim_opt opts[] = {
        {"minutes-model", MOIM_OPT_STR, "NAME", "model (default: the largest installed)", &o.model},
        {"no-model", MOIM_OPT_FLAG, NULL, "cues and quotations alone", &o.no_model},
        {"template", MOIM_OPT_STR, "NAME", "kind of minutes (default: plain)", &o.template},
        {"peer-dir", MOIM_OPT_STR, "DIR", "a peer's summaries, NAME.txt for NAME.json", &o.peer_dir},
        {"strength", MOIM_OPT_STR, "NAME",
         "what the model may do: quotes, writes, reads (default: as measured)", &o.strength_name},
        {"tagger", MOIM_OPT_STR, "FILE", "weights of the tagger (default: the program's own)", &o.weights},
        {"no-states", MOIM_OPT_FLAG, NULL, "without sentence vectors, as where no model for search is",
         &o.no_states},
        {"every", MOIM_OPT_INT, "N", "take every Nth meeting only (default: 1)", &o.every},
        {"asserted", MOIM_OPT_FLAG, NULL, "leave out what is to be confirmed", &o.asserted},
        {"ask", MOIM_OPT_STR, "FILE", "score answers to its questions about DIR, too (see moim-eval ask)",
         &o.questions},
        {"lines", MOIM_OPT_FLAG, NULL, "print every line with the turns that it cites", &o.lines},
        {"verbose", MOIM_OPT_FLAG, NULL, "show what was missed, wrong or invented", &o.verbose},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 1);
    if (n < 0) return n;
    if (o.strength_name && !moim_strength_parse(o.strength_name, &o.strength))
        return moim_fail(&cli->err, MOIM_EINVAL, "--strength takes quotes, writes or reads");
    if (o.every < 1) return moim_fail(&cli->err, MOIM_EINVAL, "--every: must be at least 1");

    char path[4300];
    struct moim_engine *e;
    struct moim_llm *model = NULL;
    struct moim_tagger *tagger = NULL;
    struct moim_map map = {0};
    struct tally t = {0};
    int rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (rc) return rc;
    if (o.weights) {
        rc = moim_map_open(&map, o.weights, &cli->err);
        if (!rc) rc = moim_tagger_open(&tagger, map.data, map.size, &cli->err);
        o.tagger = tagger;
    }
    if (!rc && !o.no_model) {
        rc = moim_minutes_model(moim_engine_models(e), o.model, path, sizeof path, &cli->err);
        if (!rc)
            rc = moim_llm_open(&model, path, moim_engine_pool(e), &(struct moim_llm_params){.n_ctx = 4096},
                               &cli->err);
    }
    if (!rc && model && !o.strength_name) rc = moim_strength_of(model, path, NULL, &o.strength, &cli->err);
    if (!rc) rc = run_all(cli, e, model, n ? argv[0] : "tests/minutes/ko", &o, &t);
    moim_llm_close(model);
    moim_tagger_close(tagger);
    moim_map_close(&map);
    moim_engine_free(e);
    if (rc) return rc;
    if (cli->json) return print_json(cli, &t);
    print_tally(&t, &o);
    char *dir = n ? argv[0] : (char *)(uintptr_t) "tests/minutes/ko";
    struct moim_ask_filter f = {.model = o.no_model ? "none" : o.model};
    return o.questions ? moim_eval_questions(cli, o.questions, &dir, 1, !o.verbose, &f) : MOIM_OK;
}

const struct moim_command moim_eval_minutes = {
    "minutes", "[DIR]", "score minutes of scripted meetings against their keys",
    "DIR (default: tests/minutes/ko) holds transcripts in JSON with a \"key\"; see docs/minutes.md.",
    run_minutes};
