/* moim-eval speakers: recordings whose speakers are known (RTTM), scored: diarization error rate, the number
 * of speakers, time, and what one would get by calling everybody one speaker. */
#include "firmware/cli/commands.h"
#include "firmware/pipeline/diarize_stage.h"
#include "tests/eval/eval_certainty.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLLAR 0.25

struct reference {
    struct moim_turn *turns;
    int n, speakers;
    char (*name)[64];
};

struct result {
    struct moim_der der, one;
    double seconds, cpu, wall;
    int files, right; /* with the right number of speakers */
    struct moim_calibration sure;
    FILE *table; /* or NULL */
};

static void free_reference(struct reference *r)
{
    free(r->turns);
    free(r->name);
    memset(r, 0, sizeof *r);
}

static int speaker_named(struct reference *r, const char *name)
{
    for (int i = 0; i < r->speakers; i++)
        if (!strcmp(r->name[i], name)) return i;
    void *grown = realloc(r->name, sizeof *r->name * (size_t)(r->speakers + 1));
    if (!grown) return -1;
    r->name = grown;
    snprintf(r->name[r->speakers], sizeof *r->name, "%s", name);
    return r->speakers++;
}

/* The lines of one recording: SPEAKER NAME 1 START LENGTH <NA> <NA> WHO ... */
static int read_rttm(const char *path, const char *recording, struct reference *r, struct moim_err *err)
{
    FILE *f = fopen(path, "r");
    char line[1024], name[256], who[64];
    double start, length;
    if (!f) return MOIM_ENOENT;
    int rc = MOIM_OK;
    while (!rc && fgets(line, sizeof line, f)) {
        if (sscanf(line, "SPEAKER %255s %*s %lf %lf %*s %*s %63s", name, &start, &length, who) != 4) continue;
        if (strcmp(name, recording) || !(length > 0)) continue;
        struct moim_turn *grown = realloc(r->turns, sizeof *grown * (size_t)(r->n + 1));
        if (grown) r->turns = grown;
        int speaker = grown ? speaker_named(r, who) : -1;
        if (speaker < 0)
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        else
            r->turns[r->n++] = (struct moim_turn){start, start + length, speaker};
    }
    fclose(f);
    return rc;
}

static int find_reference(const char *dir, const char *recording, struct reference *r, struct moim_err *err)
{
    char path[4096];
    memset(r, 0, sizeof *r);
    snprintf(path, sizeof path, "%s/%s.rttm", dir, recording);
    int rc = read_rttm(path, recording, r, err);
    if (rc != MOIM_ENOENT) return rc;
    snprintf(path, sizeof path, "%s/reference.rttm", dir);
    rc = read_rttm(path, recording, r, err);
    return rc == MOIM_ENOENT ? MOIM_OK : rc;
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add(struct moim_der *sum, const struct moim_der *d)
{
    sum->speech += d->speech;
    sum->missed += d->missed;
    sum->false_alarm += d->false_alarm;
    sum->confusion += d->confusion;
}

static double rate(const struct moim_der *d)
{
    return d->speech > 0 ? 100 * (d->missed + d->false_alarm + d->confusion) / d->speech : 0;
}

static double share(double part, const struct moim_der *d)
{
    return d->speech > 0 ? 100 * part / d->speech : 0;
}

/* The same turns, all by one speaker who never talks over himself. */
static int score_as_one(const struct reference *r, const struct moim_diarization *d, struct moim_der *out,
                        struct moim_err *err)
{
    struct moim_turn *one = calloc((size_t)d->n + 1, sizeof *one);
    if (!one) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; i < d->n; i++) one[i] = (struct moim_turn){d->turns[i].start, d->turns[i].end, 0};
    int rc = moim_der_score(r->turns, r->n, one, d->n, COLLAR, out, err);
    free(one);
    return rc;
}

static cJSON *file_json(const char *name, const struct moim_der *d, int found, int truth)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "file", name);
    cJSON_AddNumberToObject(o, "speakers", truth);
    cJSON_AddNumberToObject(o, "found", found);
    cJSON_AddNumberToObject(o, "der", rate(d) / 100);
    cJSON_AddNumberToObject(o, "speech_s", d->speech);
    return o;
}

static int eval_file(struct moim_cli *cli, struct moim_engine *e, const char *dir, const char *file,
                     struct result *sum, cJSON *all)
{
    char path[4096], name[256];
    struct reference r;
    struct moim_diarization d;
    struct moim_der der = {0}, one = {0};
    snprintf(path, sizeof path, "%s/%s", dir, file);
    snprintf(name, sizeof name, "%s", file);
    *strrchr(name, '.') = 0;
    int rc = find_reference(dir, name, &r, &cli->err);
    if (rc || !r.n) return rc;
    double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
    rc = moim_diarize_file(e, path, NULL, NULL, NULL, &d, &cli->err);
    if (!rc) {
        sum->cpu += now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        sum->wall += now(CLOCK_MONOTONIC) - wall;
        sum->seconds += d.duration;
        rc = moim_der_score(r.turns, r.n, d.turns, d.n, COLLAR, &der, &cli->err);
        if (!rc) rc = score_as_one(&r, &d, &one, &cli->err);
        if (!rc)
            rc = moim_eval_certainty(name, &d, r.turns, r.n, r.speakers, &sum->sure, sum->table, &cli->err);
    }
    if (!rc) {
        add(&sum->der, &der);
        add(&sum->one, &one);
        sum->files++;
        sum->right += d.speakers == r.speakers;
        if (all)
            cJSON_AddItemToArray(all, file_json(name, &der, d.speakers, r.speakers));
        else
            printf(
                "%-16s %2d speakers, %2d found  DER %5.1f %% of %6.1f s (missed %.1f, false %.1f, confused "
                "%.1f)\n",
                name, r.speakers, d.speakers, rate(&der), der.speech, share(der.missed, &der),
                share(der.false_alarm, &der), share(der.confusion, &der));
        fflush(stdout);
    }
    moim_diarization_free(&d);
    free_reference(&r);
    return rc;
}

static int print_json(struct moim_cli *cli, const struct result *s, cJSON *all)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "der", rate(&s->der) / 100);
    cJSON_AddNumberToObject(o, "missed", share(s->der.missed, &s->der) / 100);
    cJSON_AddNumberToObject(o, "false_alarm", share(s->der.false_alarm, &s->der) / 100);
    cJSON_AddNumberToObject(o, "confusion", share(s->der.confusion, &s->der) / 100);
    cJSON_AddNumberToObject(o, "der_one_speaker", rate(&s->one) / 100);
    cJSON_AddNumberToObject(o, "count_right", s->right);
    cJSON_AddNumberToObject(o, "rtf", s->wall / s->seconds);
    cJSON_AddNumberToObject(o, "rtf_cpu", s->cpu / s->seconds);
    cJSON_AddItemToObject(o, "recordings", all);
    return moim_print_json(cli, o);
}

static void print_sum(const struct result *s)
{
    printf("moim             DER %.1f %% (missed %.1f, false %.1f, confused %.1f) of %.0f s; number of "
           "speakers right "
           "in %d of %d\n",
           rate(&s->der), share(s->der.missed, &s->der), share(s->der.false_alarm, &s->der),
           share(s->der.confusion, &s->der), s->der.speech, s->right, s->files);
    printf("one speaker      DER %.1f %% (the same speech, all by one)\n", rate(&s->one));
    printf("time             %.4f of real time, %.4f of one core's\n", s->wall / s->seconds,
           s->cpu / s->seconds);
    moim_eval_print_calibration(&s->sure);
}

static int is_sound(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');
    return dot && (!strcmp(dot, ".flac") || !strcmp(dot, ".wav"));
}

static int eval_dir(struct moim_cli *cli, const char *dir, FILE *table)
{
    struct dirent **entry;
    struct moim_engine *e = NULL;
    struct result sum = {.table = table};
    int n = scandir(dir, &entry, is_sound, alphasort);
    if (n < 0) return moim_fail_errno(&cli->err, "%s", dir);
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    int rc = moim_engine_new(&e, cli->threads, &cli->err);
    for (int i = 0; i < n; i++) {
        moim_cli_progress(cli, "evaluating", (double)i / n);
        if (!rc) rc = eval_file(cli, e, dir, entry[i]->d_name, &sum, all);
        free(entry[i]);
    }
    moim_cli_progress(cli, "", -1);
    free(entry);
    moim_engine_free(e);
    if (!rc && !sum.files)
        rc = moim_fail(&cli->err, MOIM_ENOENT, "%s: no recordings with NAME.rttm or reference.rttm", dir);
    if (!rc && all) return print_json(cli, &sum, all);
    cJSON_Delete(all);
    if (!rc) print_sum(&sum);
    return rc;
}

static int run_speakers(struct moim_cli *cli, int argc, char **argv)
{
    const char *path = NULL;
    const struct moim_opt opts[] = {
        {"lines", MOIM_OPT_STR, "FILE", "write each line's signs and whether its speaker is right", &path}};
    int n = moim_cli_args(cli, opts, 1, argc, argv, 1, 1);
    if (n < 0) return n;
    FILE *table = path ? fopen(path, "w") : NULL;
    if (path && !table) return moim_fail_errno(&cli->err, "%s", path);
    int rc = eval_dir(cli, argv[0], table);
    if (table && fclose(table) && !rc) rc = moim_fail_errno(&cli->err, "%s", path);
    return rc;
}

const struct moim_command moim_eval_speakers = {
    "speakers", "DIR", "score recordings whose speakers are known: error rate, count, speed",
    "DIR holds NAME.flac or NAME.wav and NAME.rttm, or one reference.rttm. DER with a collar of 0.25 s, overlap counted.\n"
    "make eval-speakers runs it on the AMI excerpts and on mixes of TEDx talkers beside the checkout.",
    run_speakers};
