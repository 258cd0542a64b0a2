/* POST /v1/audio/transcriptions and GET /v1/models as OpenAI's clients expect them. Nothing is stored. */
#include "firmware/api/context.h"
#include "firmware/pipeline/models.h"
#include "firmware/pipeline/transcribe.h"
#include "storage/export.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <zlib.h>

#define PROMPT_WORDS 64

struct wanted {
    const char *format, *lang, *model;
    bool words, segments;
    char *prompt; /* cut into the words of vocab */
    struct moim_vocab_word vocab[PROMPT_WORDS];
    int n_vocab;
};

/* ISO 639-1, or the name that some clients send. */
static const char *language(const char *text)
{
    static const char *const known[][2] = {{"ko", "ko"},      {"korean", "ko"}, {"en", "en"},
                                           {"english", "en"}, {"auto", "auto"}, {"", "auto"}};
    if (!text) return "auto";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcasecmp(text, known[i][0])) return known[i][1];
    return NULL;
}

/* The prompt's phrases become words to be expected: that is what people write into it. */
static bool read_prompt(struct wanted *w, const char *text, struct moim_http_answer *an)
{
    int n;
    if (!text || !*text) return true;
    if (!moim_text_ok(text, &n) || n > 2000) {
        moim_answer_error(an, 400, "prompt: text of at most 2000 characters is wanted");
        return false;
    }
    w->prompt = strdup(text);
    char *save = NULL;
    for (char *p = w->prompt ? strtok_r(w->prompt, ",;\n", &save) : NULL; p && w->n_vocab < PROMPT_WORDS;
         p = strtok_r(NULL, ",;\n", &save)) {
        p += strspn(p, " \t");
        for (size_t k = strlen(p); k && (p[k - 1] == ' ' || p[k - 1] == '.'); p[--k] = 0) continue;
        if (*p) w->vocab[w->n_vocab++] = (struct moim_vocab_word){p, NULL};
    }
    return true;
}

static bool read_wanted(const struct moim_http_request *rq, struct wanted *w, struct moim_http_answer *an)
{
    const char *format = moim_http_form(rq, "response_format"), *model = moim_http_form(rq, "model");
    w->format = format && *format ? format : "json";
    w->lang = language(moim_http_form(rq, "language"));
    w->model = model && (!strcmp(model, "whisper") || !strcmp(model, "conformer")) ? model : NULL;
    for (int i = 0; i < rq->n_form; i++) {
        if (strncmp(rq->form[i].name, "timestamp_granularities", 23)) continue;
        w->words |= strstr(rq->form[i].value, "word") != NULL;
        w->segments |= strstr(rq->form[i].value, "segment") != NULL;
    }
    if (!w->words) w->segments = true; /* the default */
    if (!rq->n_form)
        moim_answer_error(an, 415, "multipart/form-data with a part \"file\" is wanted");
    else if (!rq->upload_bytes)
        moim_answer_error(an, 400, "file: no sound came");
    else if (!model)
        moim_answer_error(an, 400, "model is missing; any name will do");
    else if (!moim_choice_in("json|text|srt|vtt|verbose_json", w->format))
        moim_answer_error(an, 400, "response_format: one of json|text|srt|vtt|verbose_json is wanted");
    else if (!w->lang)
        moim_answer_error(an, 400, "language: ko or en is wanted, or none");
    else
        return read_prompt(w, moim_http_form(rq, "prompt"), an);
    return false;
}

/* ---- the answer ---- */

static char *whole_text(const struct moim_segment *list, int n)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; out && i < n; i++) fprintf(out, "%s%s", i ? " " : "", list[i].text);
    if (out) fclose(out);
    return text;
}

/* How well the text compresses: OpenAI's measure of repetition. */
static double compression_ratio(const char *text)
{
    uLong n = (uLong)strlen(text);
    uLongf m = compressBound(n);
    Bytef *out = n ? malloc(m) : NULL;
    double ratio = out && compress(out, &m, (const Bytef *)text, n) == Z_OK ? (double)n / (double)m : 0;
    free(out);
    return ratio;
}

static cJSON *segment_json(const struct moim_segment *g, int i)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", i);
    cJSON_AddNumberToObject(o, "seek", floor(g->start * 100));
    cJSON_AddNumberToObject(o, "start", round(g->start * 1000) / 1000);
    cJSON_AddNumberToObject(o, "end", round(g->end * 1000) / 1000);
    cJSON_AddStringToObject(o, "text", g->text);
    cJSON_AddArrayToObject(o, "tokens");
    cJSON_AddNumberToObject(o, "temperature", 0);
    cJSON_AddNumberToObject(o, "avg_logprob", log(g->confidence > 1e-6 ? g->confidence : 1e-6));
    cJSON_AddNumberToObject(o, "compression_ratio", compression_ratio(g->text));
    cJSON_AddNullToObject(o, "no_speech_prob"); /* speech was found before, by other means */
    return o;
}

static void add_words(cJSON *all, const struct moim_segment *g)
{
    cJSON *stored = cJSON_Parse(g->words), *w;
    cJSON_ArrayForEach(w, stored)
    {
        const cJSON *a = cJSON_GetArrayItem(w, 0), *b = cJSON_GetArrayItem(w, 1),
                    *t = cJSON_GetArrayItem(w, 3);
        if (!cJSON_IsNumber(a) || !cJSON_IsNumber(b) || !cJSON_IsString(t)) continue;
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "word", t->valuestring);
        cJSON_AddNumberToObject(o, "start", a->valuedouble);
        cJSON_AddNumberToObject(o, "end", b->valuedouble);
        cJSON_AddItemToArray(all, o);
    }
    cJSON_Delete(stored);
}

static void answer_json(const struct wanted *w, const struct moim_transcript *t,
                        const struct moim_segment *list, int n, struct moim_http_answer *an)
{
    char *text = whole_text(list, n);
    cJSON *o = cJSON_CreateObject();
    if (!strcmp(w->format, "verbose_json")) {
        cJSON_AddStringToObject(o, "task", "transcribe");
        cJSON_AddStringToObject(o, "language",
                                !strcmp(t->lang, "ko")   ? "korean"
                                : !strcmp(t->lang, "en") ? "english"
                                                         : t->lang);
        cJSON_AddNumberToObject(o, "duration", round(t->duration * 1000) / 1000);
        cJSON *segments = w->segments ? cJSON_AddArrayToObject(o, "segments") : NULL;
        cJSON *words = w->words ? cJSON_AddArrayToObject(o, "words") : NULL;
        for (int i = 0; i < n; i++) {
            if (segments) cJSON_AddItemToArray(segments, segment_json(&list[i], i));
            if (words) add_words(words, &list[i]);
        }
    }
    cJSON_AddStringToObject(o, "text", text ? text : "");
    free(text);
    moim_answer_json(an, 200, o);
}

static int answer_cues(const struct wanted *w, const struct moim_transcript *t,
                       const struct moim_segment *list, int n, struct moim_http_answer *an,
                       struct moim_err *err)
{
    char *text = NULL;
    size_t size = 0;
    bool vtt = !strcmp(w->format, "vtt");
    struct moim_meeting m = {.title = "",
                             .duration = t->duration,
                             .language = (char *)(uintptr_t)t->lang,
                             .state = MOIM_TRANSCRIBED};
    FILE *out = open_memstream(&text, &size);
    if (!out) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_export(out, vtt ? MOIM_VTT : MOIM_SRT,
                         &(struct moim_document){.meeting = &m, .segments = list, .n_segments = n}, err);
    fclose(out);
    if (rc)
        free(text);
    else
        moim_answer_text(an, 200, vtt ? "text/vtt; charset=utf-8" : "application/x-subrip", text, size);
    return rc;
}

static int answer(const struct wanted *w, const struct moim_transcript *t, struct moim_http_answer *an,
                  struct moim_err *err)
{
    struct moim_segment *list;
    int n, rc = moim_transcript_lines(t, &list, &n, err);
    if (rc) return rc;
    if (!strcmp(w->format, "text")) {
        char *text = whole_text(list, n), *line = NULL;
        int len = text ? asprintf(&line, "%s\n", text) : -1;
        free(text);
        if (len < 0)
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        else
            moim_answer_text(an, 200, "text/plain; charset=utf-8", line, (size_t)len);
    } else if (!strcmp(w->format, "srt") || !strcmp(w->format, "vtt")) {
        rc = answer_cues(w, t, list, n, an, err);
    } else {
        answer_json(w, t, list, n, an);
    }
    moim_segments_free(list, n);
    return rc;
}

static void progress(void *jobs, double done)
{
    moim_jobs_progress(jobs, "transcribing", done);
}

void moim_h_transcriptions(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct wanted w = {0};
    struct moim_transcript t;
    struct moim_err err;
    if (!read_wanted(rq, &w, an)) return;
    struct moim_engine *e = sv->jobs ? moim_jobs_engine(sv->jobs, &err) : NULL;
    if (!sv->jobs) moim_fail(&err, MOIM_ECANCEL, "no jobs are taken");
    struct moim_transcribe_options o = {.lang = w.lang,
                                        .model = w.model,
                                        .vocab = w.vocab,
                                        .n_vocab = w.n_vocab,
                                        .progress = progress,
                                        .arg = sv->jobs};
    int rc = e ? moim_transcribe(e, rq->upload, &o, &t, &err) : err.code;
    if (!rc) {
        rc = answer(&w, &t, an, &err);
        moim_transcript_free(&t);
    }
    if (rc == MOIM_ENOENT) err.code = MOIM_EUNSUP; /* a model is missing, not what was asked for */
    const char *at = rc ? strstr(err.msg, rq->upload) : NULL;
    if (at) moim_fail(&err, err.code, "file%s", at + strlen(rq->upload));
    if (rc) moim_answer_fail(an, &err);
    free(w.prompt);
}

void moim_h_openai_models(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_models m;
    struct moim_err err;
    (void)sv;
    (void)rq;
    if (moim_models_load(&m, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "object", "list");
    cJSON *all = cJSON_AddArrayToObject(o, "data");
    for (int i = 0; i < m.n; i++) {
        if (strncmp(m.list[i].role, "asr-", 4) || !moim_model_installed(&m, &m.list[i])) continue;
        cJSON *x = cJSON_CreateObject();
        cJSON_AddStringToObject(x, "id", strcmp(m.list[i].role, "asr-streaming") ? "whisper" : "conformer");
        cJSON_AddStringToObject(x, "object", "model");
        cJSON_AddNumberToObject(x, "created", 0);
        cJSON_AddStringToObject(x, "owned_by", "moim");
        cJSON_AddItemToArray(all, x);
    }
    moim_models_free(&m);
    moim_answer_json(an, 200, o);
}
