/* Search over many hours of made-up meetings: how long a query takes, how large the store is, how many of the
 * nearest passages the bit codes keep.
 *
 *   bench_search [HOURS [STORE]]     default 1000 hours, in a directory of its own that is removed
 *
 * Words follow Zipf's law over 20,000 made-up Korean words and common endings, so that some stand everywhere
 * and most nowhere; a segment is 5 s. Vectors are mixtures of 400 real ones: time does not depend on them,
 * recall does a little. */
#include "lm/embed.h"
#include "storage/passages.h"
#include "storage/search.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS 20000
#define POOL 400
#define PER_HOUR 720
#define KINDS 7

static uint64_t seed = 20260701;
static char word[WORDS][32];
static float pool[POOL][MOIM_VECTOR_DIM];

static void die(const char *what, const struct moim_err *err)
{
    fprintf(stderr, "bench_search: %s: %s\n", what, err->msg);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Of this process, or of the children that have ended: what a query costs whatever else the machine does. */
static double cpu_ms(int who)
{
    struct rusage r;
    getrusage(who, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
}

struct times {
    double wall[KINDS * 200], cpu[KINDS * 200];
    int n;
};

static void start(struct times *t, int who)
{
    t->wall[t->n] = -now_ms();
    t->cpu[t->n] = -cpu_ms(who);
}

static void stop(struct times *t, int who)
{
    t->wall[t->n] += now_ms();
    t->cpu[t->n++] += cpu_ms(who);
}

static uint32_t draw(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

/* Rank r with a chance of about 1 / r. */
static const char *zipf(void)
{
    double u = (draw(1 << 24) + 1.0) / (1 << 24);
    int r = (int)pow(WORDS, u) - 1;
    return word[r < 0 ? 0 : r >= WORDS ? WORDS - 1 : r];
}

static void make_lexicon(void)
{
    static const char *const syllable =
        "가거고구그기나내너노누다대도두드들라러로리마만말명모무문미바반방보부분비사산상서선설성소수스시신아안"
        "어여연열영예오요우원위유은의이인"
        "일자장재저전정제조주중지진차참처천초치카크타터토통트파판표하학한해행현형호화회후";
    static const char *const common[] = {"회의", "예산", "일정", "고객", "팀",   "이번", "다음",
                                         "주",   "결과", "자료", "검토", "승인", "출시", "서버",
                                         "비용", "계획", "문제", "확인", "공유", "진행"};
    int n = (int)strlen(syllable) / 3;
    for (int i = 0; i < WORDS; i++) {
        int len = 2 + (int)draw(3);
        word[i][0] = 0;
        for (int k = 0; k < len; k++) strncat(word[i], syllable + 3 * draw((uint32_t)n), 3);
        if (i % 7 == 0 && i / 7 < 20) strcpy(word[i], common[i / 7]);
    }
}

static void make_text(char *out, size_t cap)
{
    static const char *const particle[] = {"",   "은", "는",   "이",   "가", "을",
                                           "를", "에", "에서", "으로", "도", "까지"};
    static const char *const ending[] = {"했습니다.",        "하겠습니다.", "해야 합니다.", "인 것 같아요.",
                                         "하기로 했습니다.", "할까요?",     "입니다.",      "하고 있습니다."};
    int n = 5 + (int)draw(6);
    size_t at = 0;
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%s ", zipf(), particle[draw(12)]);
    snprintf(out + at - 1, cap - at + 1, "%s", ending[draw(8)]);
}

/* As a recogniser leaves it: a time and a confidence for each word; cuts text into words. */
static int make_words(struct moim_word *out, int cap, char *text, double start)
{
    int n = 0;
    char *save = NULL;
    for (char *w = strtok_r(text, " ", &save); w && n < cap; w = strtok_r(NULL, " ", &save), start += 0.5)
        out[n++] = (struct moim_word){
            .text = w, .start = start, .end = start + 0.4, .confidence = (float)(800 + draw(199)) / 1000};
    return n;
}

static void mix(float *v)
{
    const float *a = pool[draw(POOL)], *b = pool[draw(POOL)];
    float w = 0.55f + (float)draw(40) / 100, n = 0;
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) {
        v[i] = w * a[i] + (1 - w) * b[i] + ((float)draw(2001) - 1000) * 2e-5f;
        n += v[i] * v[i];
    }
    for (int i = 0; i < MOIM_VECTOR_DIM; i++) v[i] /= sqrtf(n);
}

static void add_hour(struct moim_store *s, int number)
{
    static char text[PER_HOUR][512], said[PER_HOUR][512];
    static struct moim_word words[PER_HOUR][64];
    static struct moim_segment g[PER_HOUR];
    static float v[PER_HOUR * MOIM_VECTOR_DIM];
    struct moim_err err = {0};
    char title[64];
    snprintf(title, sizeof title, "회의 %d", number);
    struct moim_meeting m = {.title = title,
                             .started_at = 1700000000 + number * 40000LL,
                             .duration = 3600,
                             .language = "ko",
                             .audio = "",
                             .source = ""};
    int64_t id;
    struct moim_passage *list;
    int n;
    if (moim_meeting_add(s, &m, &id, &err)) die("meeting", &err);
    for (int i = 0; i < PER_HOUR; i++) {
        make_text(text[i], sizeof text[i]);
        memcpy(said[i], text[i], sizeof said[i]);
        g[i] = (struct moim_segment){.start = i * 5.0,
                                     .end = i * 5.0 + 4.8,
                                     .speaker = 1 + (int)draw(5),
                                     .text = text[i],
                                     .first_pass = "",
                                     .words = words[i],
                                     .n_words = make_words(words[i], 64, said[i], i * 5.0),
                                     .language = "ko",
                                     .confidence = 0.9};
    }
    if (moim_segments_put(s, id, g, PER_HOUR, "ko", MOIM_DIARIZED, &err)) die("segments", &err);
    if (moim_passages_missing(s, id, &list, &n, &err)) die("passages", &err);
    for (int i = 0; i < n; i++) mix(v + (size_t)i * MOIM_VECTOR_DIM);
    if (moim_passages_put(s, id, list, v, n, &err)) die("vectors", &err);
    moim_passages_free(list, n);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, const struct times *t, int from)
{
    static double wall[KINDS * 200], cpu[KINDS * 200];
    int n = t->n - from;
    memcpy(wall, t->wall + from, (size_t)n * sizeof *wall);
    memcpy(cpu, t->cpu + from, (size_t)n * sizeof *cpu);
    qsort(wall, (size_t)n, sizeof *wall, by_value);
    qsort(cpu, (size_t)n, sizeof *cpu, by_value);
    printf("%-32s p50 %6.1f  p95 %6.1f  max %6.1f ms;  CPU p50 %6.1f  p95 %6.1f  max %6.1f ms  (%d)\n", what,
           wall[n / 2], wall[n * 95 / 100], wall[n - 1], cpu[n / 2], cpu[n * 95 / 100], cpu[n - 1], n);
}

/* Kinds of queries in turn: a frequent word, a rare one, two words, two characters, an ending, a question,
 * filters. */
static void make_query(int kind, struct moim_search_query *q, char *text, size_t cap)
{
    *q = (struct moim_search_query){.text = text, .limit = 50};
    switch (kind) {
    case 0: snprintf(text, cap, "%s", word[draw(50)]); break;
    case 1: snprintf(text, cap, "%s", word[2000 + draw(WORDS - 2000)]); break;
    case 2: snprintf(text, cap, "%s %s", word[draw(200)], word[draw(200)]); break;
    case 3: snprintf(text, cap, "%.6s", word[draw(2000)]); break;
    case 4: snprintf(text, cap, "%s", draw(2) ? "습니다" : "하기로 했습니다"); break;
    case 5:
        snprintf(text, cap, "%s %s 누가 %s하기로 했지?", word[draw(300)], word[draw(300)], word[draw(300)]);
        break;
    default:
        snprintf(text, cap, "%s", word[draw(300)]);
        q->since = 1700000000 + (int64_t)draw(900) * 40000;
        q->until = q->since + (int64_t)(1 + draw(60)) * 40000;
    }
}

static void run_queries(struct moim_store *s, struct moim_embed *m, int rounds)
{
    static const char *const name[KINDS] = {
        "a frequent word", "a rare word",       "two words", "two characters", "an ending that is everywhere",
        "a question",      "a word, some weeks"};
    static struct times t;
    for (int kind = 0; kind < KINDS; kind++) {
        int before = t.n;
        for (int i = 0; i < rounds; i++) {
            struct moim_search_query q;
            struct moim_hit *hits;
            struct moim_err err = {0};
            char text[256];
            float v[MOIM_EMBED_DIM];
            int n;
            make_query(kind, &q, text, sizeof text);
            start(&t, RUSAGE_SELF);
            if (moim_embed_topic(m, MOIM_EMBED_QUERY, text, v, &err)) die("embedding", &err);
            q.vector = v;
            if (moim_search_run(s, &q, &hits, &n, &err)) die(text, &err);
            stop(&t, RUSAGE_SELF);
            moim_hits_free(hits, n);
        }
        report(name[kind], &t, before);
    }
    report("all, query's vector included", &t, 0);
}

/* Of the ten passages nearest by their vectors, how many the search by codes yields. */
static void run_recall(struct moim_store *s, const char *path)
{
    enum { TOP = 10, TRIES = 20 };
    sqlite3 *db;
    sqlite3_stmt *st;
    int kept = 0;
    if (sqlite3_open(path, &db)) exit(1);
    for (int t = 0; t < TRIES; t++) {
        float v[MOIM_VECTOR_DIM], best[TOP];
        mix(v);
        for (int i = 0; i < TOP; i++) best[i] = -2;
        sqlite3_prepare_v2(db, "SELECT vector FROM passages", -1, &st, NULL);
        while (sqlite3_step(st) == SQLITE_ROW) {
            const unsigned char *b = sqlite3_column_blob(st, 0);
            float scale, dot = 0;
            memcpy(&scale, b, 4);
            for (int i = 0; i < MOIM_VECTOR_DIM; i++) dot += v[i] * (float)(signed char)b[4 + i];
            dot *= scale;
            for (int i = 0; i < TOP; i++)
                if (dot > best[i]) {
                    memmove(best + i + 1, best + i, sizeof *best * (size_t)(TOP - 1 - i));
                    best[i] = dot;
                    break;
                }
        }
        sqlite3_finalize(st);
        struct moim_search_query q = {.text = "", .vector = v, .limit = TOP};
        struct moim_hit *hits;
        struct moim_err err = {0};
        int n;
        if (moim_search_run(s, &q, &hits, &n, &err)) die("recall", &err);
        for (int i = 0; i < n; i++) kept += hits[i].cosine >= best[TOP - 1] - 1e-5f;
        moim_hits_free(hits, n);
    }
    sqlite3_close(db);
    printf("recall of the %d nearest through bit codes: %.3f\n", TOP, (double)kept / (TOP * TRIES));
}

/* The whole program, as a person calls it. */
static void run_program(const char *moim, const char *store, int rounds)
{
    static struct times t;
    for (int i = 0; i < rounds; i++) {
        struct moim_search_query q;
        char text[256], command[8192];
        make_query(i % (KINDS - 1), &q, text, sizeof text);
        snprintf(command, sizeof command, "%s search --db %s --limit 20 '%s' >/dev/null", moim, store, text);
        start(&t, RUSAGE_CHILDREN);
        if (system(command)) {
            fprintf(stderr, "bench_search: %s failed\n", command);
            exit(1);
        }
        stop(&t, RUSAGE_CHILDREN);
    }
    report("moim search, the whole program", &t, 0);
}

static void fill_pool(struct moim_embed *m)
{
    for (int i = 0; i < POOL; i++) {
        char text[512];
        struct moim_err err = {0};
        make_text(text, sizeof text);
        if (moim_embed_topic(m, MOIM_EMBED_PASSAGE, text, pool[i], &err)) die("embedding", &err);
    }
}

int main(int argc, char **argv)
{
    int hours = argc > 1 ? atoi(argv[1]) : 1000;
    char dir[] = "/tmp/moim-bench-XXXXXX", path[4096], model[4096];
    const char *models = getenv("MOIM_MODELS"), *moim = getenv("MOIM") ? getenv("MOIM") : "build/moim";
    struct moim_err err = {0};
    struct moim_embed *m;
    struct moim_store *s;
    struct stat st;
    if (argc <= 2 && !mkdtemp(dir)) return 1;
    snprintf(path, sizeof path, "%s", argc > 2 ? argv[2] : dir);
    if (argc <= 2) strcat(path, "/moim.db");
    snprintf(model, sizeof model, "%s%s/e5-small-q4.bin", models ? models : getenv("HOME"),
             models ? "" : "/.cache/moim/models");
    bool fresh = stat(path, &st) != 0;
    if (moim_embed_open(&m, model, NULL, &err)) die("model", &err);
    make_lexicon();
    fill_pool(m);
    if (moim_store_open(&s, path, &err)) die("store", &err);
    double from = now_ms();
    if (fresh && moim_passages_use_model(s, "e5-small-q4.bin 71622400 topic-1", &err))
        die("model's name", &err);
    for (int i = 0; fresh && i < hours; i++) add_hour(s, i);
    moim_store_close(s);
    if (stat(path, &st)) return 1;
    printf("%d hours, %d segments: %.0f MB", hours, hours * PER_HOUR, (double)st.st_size / 1e6);
    printf(fresh ? ", filled in %.0f s\n" : "\n", (now_ms() - from) / 1e3);
    if (moim_store_open(&s, path, &err)) die("store", &err);
    run_queries(s, m, 30);
    run_recall(s, path);
    run_program(moim, path, 30);
    moim_store_close(s);
    moim_embed_close(m);
    if (argc <= 2) {
        unlink(path);
        rmdir(dir);
    }
    return 0;
}
