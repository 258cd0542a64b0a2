/* moim-eval speech: recordings with transcripts, scored. A folder holds transcripts.txt ("NAME text" a line, sound
 * in NAME.flac or .wav) or folders that do. */
#include "asr/score.h"
#include "audio/decode.h"
#include "firmware/cli/commands.h"
#include "firmware/pipeline/transcribe.h"
#include "lm/itn.h"
#include "lm/rescore.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct utterance {
    char *path, *reference, *hypothesis;
    double rate; /* its own error rate */
};

/* What the words would be by the recogniser alone, with the n-grams, with the transformer as well. */
enum { FIRST_PASS, WITH_NGRAM, WITH_ALL, PASSES };

struct set {
    struct utterance *list;
    int n;
    double seconds, cpu, wall;
    struct moim_score chars[PASSES], words[PASSES];
    char dir[32]; /* of joined recordings; empty: none */
};

static void free_set(struct set *s)
{
    for (int i = 0; i < s->n; i++) {
        if (*s->dir && s->list[i].path) unlink(s->list[i].path);
        free(s->list[i].path);
        free(s->list[i].reference);
        free(s->list[i].hypothesis);
    }
    free(s->list);
    if (*s->dir) rmdir(s->dir);
}

static int add_line(struct set *s, const char *dir, const char *line)
{
    static const char *const ending[] = {".flac", ".wav", ".mp3", ""};
    size_t n = strcspn(line, " \t");
    if (!n || !line[n]) return MOIM_OK;
    for (int i = 0; i < 4; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%.*s%s", dir, (int)n, line, ending[i]);
        if (access(path, R_OK)) continue;
        struct utterance *grown = realloc(s->list, sizeof *grown * (size_t)(s->n + 1));
        if (!grown) return MOIM_ENOMEM;
        s->list = grown;
        grown[s->n] = (struct utterance){strdup(path), strdup(line + n + 1), NULL, 0};
        return grown[s->n].path && grown[s->n++].reference ? MOIM_OK : MOIM_ENOMEM;
    }
    return MOIM_OK; /* a line without its sound is left out: sets are often cut down */
}

static int collect(struct set *s, const char *dir, struct moim_err *err)
{
    char path[4096], line[16384];
    snprintf(path, sizeof path, "%s/transcripts.txt", dir);
    FILE *f = fopen(path, "r");
    int rc = MOIM_OK;
    while (f && !rc && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        rc = add_line(s, dir, line);
    }
    if (f) {
        fclose(f);
        return rc ? moim_fail(err, rc, "out of memory") : MOIM_OK;
    }
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);
    if (n < 0) return moim_fail_errno(err, "%s", dir);
    for (int i = 0; i < n; i++) {
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (!rc && entries[i]->d_name[0] != '.' && !stat(path, &st) && S_ISDIR(st.st_mode))
            rc = collect(s, path, err);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* ---- recordings joined as they were cut ---- */

static bool same_folder(const char *a, const char *b)
{
    const char *x = strrchr(a, '/'), *y = strrchr(b, '/');
    return x && y && x - a == y - b && !strncmp(a, b, (size_t)(x - a));
}

/* Appends one cut's sound; returns a status. */
static int append_sound(SNDFILE *to, const char *path, struct moim_err *err)
{
    struct moim_reader *r;
    float pcm[8192];
    long got;
    int rc = moim_reader_open(&r, path, err);
    if (rc) return rc;
    while (!rc && (got = moim_reader_read(r, pcm, 8192, err)) != 0)
        if (got < 0)
            rc = (int)got;
        else if (sf_write_float(to, pcm, got) != got)
            rc = moim_fail(err, MOIM_EIO, "%s: cannot be joined", path);
    moim_reader_close(r);
    return rc;
}

/* Joins the cuts [first, last) of one folder into a recording at path. */
static int join_folder(const struct set *s, int first, int last, const char *path, struct utterance *joined,
                       struct moim_err *err)
{
    size_t n;
    SF_INFO info = {.samplerate = MOIM_RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    FILE *text = open_memstream(&joined->reference, &n);
    joined->path = strdup(path);
    int rc = f && text && joined->path ? MOIM_OK : moim_fail(err, MOIM_EIO, "%s: cannot be written", path);
    for (int i = first; !rc && i < last; i++) {
        rc = append_sound(f, s->list[i].path, err);
        fprintf(text, "%s%s", i > first ? " " : "", s->list[i].reference);
    }
    if (f) sf_close(f);
    if (text) fclose(text);
    return rc;
}

/* Puts the joined recordings, in a folder of their own, in the place of the cuts. */
static int join_folders(struct set *s, struct moim_err *err)
{
    struct set joined = {.seconds = s->seconds, .dir = "/tmp/moim-eval-XXXXXX"};
    if (!mkdtemp(joined.dir)) return moim_fail_errno(err, "/tmp");
    joined.list = calloc((size_t)s->n + 1, sizeof *joined.list);
    int rc = joined.list ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int first = 0, last; !rc && first < s->n; first = last) {
        char path[64];
        for (last = first + 1; last < s->n && same_folder(s->list[first].path, s->list[last].path); last++)
            continue;
        snprintf(path, sizeof path, "%s/%d.wav", joined.dir, joined.n);
        rc = join_folder(s, first, last, path, &joined.list[joined.n], err);
        joined.n++;
    }
    free_set(s);
    *s = joined;
    return rc;
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The text of one pass. The list of each stretch is put in that pass's order. */
static char *pass_text(struct moim_transcript *t, int pass)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    for (int i = 0; i < t->n; i++) {
        struct moim_nbest *nb = &t->stretch[i];
        struct moim_rescore_params p = moim_rescore_defaults(nb->lang, pass == WITH_ALL);
        int best = 0;
        if (pass != FIRST_PASS && t->rescored && moim_rescore_combine(nb, &p, NULL)) break;
        for (int k = 0; pass == FIRST_PASS && k < nb->n; k++)
            if (nb->hyps[k].rank < nb->hyps[best].rank) best = k;
        fprintf(out, "%s%s", i ? " " : "", nb->hyps[best].text);
    }
    fclose(out);
    return text;
}

static int score_text(const struct utterance *u, const char *hypothesis, bool korean,
                      struct moim_score *chars, struct moim_score *words, double *rate)
{
    struct moim_score c = {0}, w = {0};
    /* Where the reference spells its numbers, so does what is compared with it, ours or a peer's. */
    bool figures = strpbrk(u->reference, "0123456789") != NULL;
    char *said = moim_itn_spoken(hypothesis, korean ? "ko" : "en");
    if (!said) return MOIM_ENOMEM;
    if (!korean || !figures) hypothesis = said;
    int rc = moim_score_cer(u->reference, hypothesis, &c);
    if (!rc) rc = moim_score_wer(u->reference, hypothesis, korean, &w);
    free(said);
    const struct moim_score *main = korean ? &c : &w;
    *rate = main->length ? (double)main->edits / (double)main->length : 0;
    chars->edits += c.edits;
    chars->length += c.length;
    words->edits += w.edits;
    words->length += w.length;
    return rc;
}

static int score_passes(struct set *s, struct utterance *u, struct moim_transcript *t, bool korean)
{
    int rc = MOIM_OK;
    for (int pass = 0; !rc && pass < PASSES; pass++) {
        char *text = pass_text(t, pass);
        if (!text) return MOIM_ENOMEM;
        rc = score_text(u, text, korean, &s->chars[pass], &s->words[pass], &u->rate);
        free(u->hypothesis);
        u->hypothesis = text; /* the last pass's stays */
    }
    return rc;
}

/* With in_order, recordings of a folder are pieces of one: each is heard knowing the words of the one before.
 */
static int run_set(struct moim_cli *cli, struct moim_engine *e, struct set *s,
                   const struct moim_transcribe_options *opt, bool korean, bool in_order)
{
    struct moim_transcribe_options o = *opt;
    double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
    int rc = MOIM_OK;
    for (int i = 0; i < s->n && !rc; i++) {
        struct moim_transcript t;
        moim_cli_progress(cli, "evaluating", (double)i / s->n);
        bool follows = in_order && i && same_folder(s->list[i - 1].path, s->list[i].path);
        o.context = follows ? s->list[i - 1].hypothesis : NULL;
        rc = moim_transcribe(e, s->list[i].path, &o, &t, &cli->err);
        if (rc) break;
        s->seconds += t.duration;
        rc = score_passes(s, &s->list[i], &t, korean);
        moim_transcript_free(&t);
    }
    moim_cli_progress(cli, "", -1);
    s->cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    s->wall = now(CLOCK_MONOTONIC) - wall;
    return rc;
}

static int worst_first(const void *a, const void *b)
{
    double x = ((const struct utterance *)a)->rate, y = ((const struct utterance *)b)->rate;
    return (x < y) - (x > y);
}

static double percent(const struct moim_score *s)
{
    return s->length ? 100.0 * (double)s->edits / (double)s->length : 0;
}

static void print_rates(const char *name, const struct set *s, int pass)
{
    printf("%-24s CER %5.2f %% (%ld of %ld)  WER %5.2f %% (%ld of %ld)", name, percent(&s->chars[pass]),
           s->chars[pass].edits, s->chars[pass].length, percent(&s->words[pass]), s->words[pass].edits,
           s->words[pass].length);
}

static void print_row(const char *name, const struct set *s, int pass)
{
    print_rates(name, s, pass);
    printf("  RTF %.3f wall, %.3f CPU  (%d recordings, %.0f s)\n", s->seconds > 0 ? s->wall / s->seconds : 0,
           s->seconds > 0 ? s->cpu / s->seconds : 0, s->n, s->seconds);
}

static void print_passes(const struct set *s, bool rescored)
{
    static const char *const name[PASSES] = {"moim, first pass", "  + n-gram", "  + transformer"};
    for (int pass = 0; rescored && pass + 1 < PASSES; pass++) {
        print_rates(name[pass], s, pass);
        putchar('\n');
    }
    print_row(rescored ? name[WITH_ALL] : "moim", s, WITH_ALL);
}

static void add_rates(cJSON *o, const struct set *s, int pass)
{
    cJSON_AddNumberToObject(o, "cer", percent(&s->chars[pass]) / 100);
    cJSON_AddNumberToObject(o, "wer", percent(&s->words[pass]) / 100);
}

static void add_speed(cJSON *o, const struct set *s)
{
    cJSON_AddNumberToObject(o, "rtf", s->wall / s->seconds);
    cJSON_AddNumberToObject(o, "rtf_cpu", s->cpu / s->seconds);
}

static int print_json(struct moim_cli *cli, const struct set *s, const char *peer, const struct set *theirs)
{
    cJSON *o = cJSON_CreateObject(), *list;
    add_rates(o, s, WITH_ALL);
    static const char *const pass[PASSES] = {"first_pass", "ngram", "transformer"};
    for (int i = 0; i < PASSES; i++) add_rates(cJSON_AddObjectToObject(o, pass[i]), s, i);
    add_speed(o, s);
    if (peer) {
        cJSON *row = cJSON_AddObjectToObject(o, "peer");
        cJSON_AddStringToObject(row, "name", peer);
        add_rates(row, theirs, WITH_ALL);
        add_speed(row, theirs);
    }
    list = cJSON_AddArrayToObject(o, "recordings");
    for (int i = 0; i < s->n; i++) {
        cJSON *u = cJSON_CreateObject();
        cJSON_AddStringToObject(u, "file", s->list[i].path);
        cJSON_AddStringToObject(u, "reference", s->list[i].reference);
        cJSON_AddStringToObject(u, "hypothesis", s->list[i].hypothesis);
        if (peer) cJSON_AddStringToObject(u, "peer", theirs->list[i].hypothesis);
        cJSON_AddNumberToObject(u, "error_rate", s->list[i].rate);
        cJSON_AddItemToArray(list, u);
    }
    return moim_print_json(cli, o);
}

static void print_text(struct set *s, bool rescored, const char *peer, const struct set *theirs, int worst)
{
    print_passes(s, rescored);
    if (peer) print_row(peer, theirs, WITH_ALL);
    qsort(s->list, (size_t)s->n, sizeof *s->list, worst_first);
    for (int i = 0; i < worst && i < s->n && s->list[i].rate > 0; i++)
        printf("%5.1f %%  %s\n    said:  %s\n    heard: %s\n", 100 * s->list[i].rate, s->list[i].path,
               s->list[i].reference, s->list[i].hypothesis);
}

static int list_paths(const struct set *s, char *name, struct moim_err *err)
{
    int fd = mkstemp(name);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) return moim_fail_errno(err, "%s", name);
    for (int i = 0; i < s->n; i++) fprintf(f, "%s\n", s->list[i].path);
    return fclose(f) ? moim_fail_errno(err, "%s", name) : MOIM_OK;
}

/* One "path<TAB>text" a recording, in our order, after a line "cpu SECONDS wall SECONDS". */
static void read_peer(FILE *in, const struct set *ours, struct set *theirs, bool korean)
{
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, in) >= 0) {
        line[strcspn(line, "\n")] = 0;
        char *tab = strchr(line, '\t');
        if (sscanf(line, "cpu %lf wall %lf", &theirs->cpu, &theirs->wall) == 2 || !tab ||
            theirs->n >= ours->n)
            continue;
        const struct utterance *mine = &ours->list[theirs->n];
        struct utterance *u = &theirs->list[theirs->n++];
        *u = (struct utterance){strdup(mine->path), strdup(mine->reference), strdup(tab + 1), 0};
        score_text(u, u->hypothesis, korean, &theirs->chars[WITH_ALL], &theirs->words[WITH_ALL], &u->rate);
    }
    free(line);
}

/* A peer is a script that reads paths and writes its hypotheses: $MOIM_PEER, or tests/bench/peer_asr.py. */
static int run_peer(struct moim_cli *cli, const char *peer, const struct set *ours, struct set *theirs,
                    bool korean, bool in_order)
{
    char names[] = "/tmp/moim-eval-XXXXXX", *command = NULL;
    int rc = list_paths(ours, names, &cli->err);
    theirs->list = calloc((size_t)ours->n + 1, sizeof *theirs->list);
    theirs->seconds = ours->seconds;
    if (!rc && (!theirs->list ||
                asprintf(&command, "%s %s --lang %s%s < %s",
                         getenv("MOIM_PEER") ? getenv("MOIM_PEER") : "python3 tests/bench/peer_asr.py", peer,
                         korean ? "ko" : "en", in_order ? " --in-order" : "", names) < 0))
        rc = moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    FILE *in = rc ? NULL : popen(command, "r");
    if (in) read_peer(in, ours, theirs, korean);
    if (!rc && (!in || pclose(in) || theirs->n != ours->n))
        rc = moim_fail(&cli->err, MOIM_EUNSUP, "peer %s could not be run: %s", peer, command);
    unlink(names);
    free(command);
    return rc;
}

static void keep_every(struct set *s, int every)
{
    int kept = 0;
    for (int i = 0; i < s->n; i++) {
        struct utterance u = s->list[i];
        if (i % every == 0) {
            s->list[kept++] = u;
        } else {
            free(u.path);
            free(u.reference);
        }
    }
    s->n = kept;
}

struct choices {
    const char *model, *peer;
    bool no_rescore, joined, in_order;
    int worst, every, beam, ensemble_passes;
};

static int collect_chosen(struct moim_cli *cli, const char *dir, const struct choices *c, struct set *s)
{
    int rc = collect(s, dir, &cli->err);
    if (!rc && !s->n)
        rc = moim_fail(&cli->err, MOIM_ENOENT, "%s: no transcripts.txt with its recordings", dir);
    if (!rc && c->every > 1) keep_every(s, c->every);
    if (!rc && c->joined) rc = join_folders(s, &cli->err);
    return rc;
}

static int recognise(struct moim_cli *cli, const struct choices *c, bool korean, struct set *s)
{
    struct moim_engine *e = NULL;
    struct moim_transcribe_options o = {.beam = c->beam,
                                        .ensemble_passes = c->ensemble_passes,
                                        .lang = korean ? "ko" : "en",
                                        .model = c->model,
                                        .no_rescore = c->no_rescore,
                                        .plain = true};
    int rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc) rc = run_set(cli, e, s, &o, korean, c->in_order);
    moim_engine_free(e);
    return rc;
}

static int run_speech(struct moim_cli *cli, int argc, char **argv)
{
    struct choices c = {.worst = 5, .every = 1};
    struct moim_opt opts[] = {
        {"model", MOIM_OPT_STR, "conformer|whisper", "recogniser (default: the most accurate installed)",
         &c.model},
        {"beam", MOIM_OPT_INT, "N",
         "width of the search; 1 with the Conformer: phonemes spelled without a lexicon", &c.beam},
        {"views", MOIM_OPT_INT, "1-4",
         "Whisper: encodings of the sound averaged (default: 1, or 2 where no words come before)",
         &c.ensemble_passes},
        {"no-rescore", MOIM_OPT_FLAG, NULL, "leave the language model out", &c.no_rescore},
        {"peer", MOIM_OPT_STR, "whisper|vosk", "run a peer beside it, if its Python package is installed",
         &c.peer},
        {"joined", MOIM_OPT_FLAG, NULL,
         "join each folder's recordings in order into one, for us and the peer", &c.joined},
        {"in-order", MOIM_OPT_FLAG, NULL,
         "each folder's recordings are pieces of one: the words of one are context of the next", &c.in_order},
        {"worst", MOIM_OPT_INT, "N", "show the N worst recordings (default: 5)", &c.worst},
        {"every", MOIM_OPT_INT, "N", "take every Nth recording only (default: 1)", &c.every},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    struct set s = {0}, theirs = {0};
    int rc = collect_chosen(cli, argv[0], &c, &s);
    /* The references' letters tell the language unless the user did. */
    bool korean =
        !rc && (!strcmp(cli->lang, "auto") ? (s.list[0].reference[0] & 0x80) != 0 : !strcmp(cli->lang, "ko"));
    if (!rc) rc = recognise(cli, &c, korean, &s);
    if (!rc && c.peer) rc = run_peer(cli, c.peer, &s, &theirs, korean, c.in_order);
    if (!rc && cli->json) rc = print_json(cli, &s, c.peer, &theirs);
    if (!rc && !cli->json) print_text(&s, !c.no_rescore, c.peer, &theirs, c.worst);
    free_set(&theirs);
    free_set(&s);
    return rc;
}

const struct moim_command moim_eval_speech = {
    "speech", "DIR", "score recordings that have transcripts: CER, WER, speed, the worst",
    "DIR holds transcripts.txt (NAME text) beside the recordings, or folders that do.", run_speech};
