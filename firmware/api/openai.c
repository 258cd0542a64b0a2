/* POST /v1/audio/transcriptions and GET /v1/models, compatible with OpenAI's clients. Nothing is stored. */
#include "asr/whisper.h"
#include "base/json.h"
#include "base/text.h"
#include "firmware/api/answer_stream.h"
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
    bool words, segments, stream;
    char *prompt; /* the words of vocab point into it */
    struct moim_vocab_word vocab[PROMPT_WORDS];
    int n_vocab;
};

/* A BCP 47 tag, whose primary subtag counts, or the language's name that some clients send. */
static const char *language(const char *text)
{
    static const char *const known[][2] = {{"ko", "ko"},  {"kor", "ko"},     {"korean", "ko"}, {"en", "en"},
                                           {"eng", "en"}, {"english", "en"}, {"auto", "auto"}, {"", "auto"}};
    size_t n = text ? strcspn(text, "-_") : 0;
    for (size_t i = 0; text && i < sizeof known / sizeof *known; i++)
        if (strlen(known[i][0]) == n && !strncasecmp(text, known[i][0], n) && (n || !*text))
            return known[i][1];
    return text ? moim_whisper_language(text) : "auto";
}

static bool is_true(const char *text)
{
    return text && (!strcasecmp(text, "true") || !strcmp(text, "1"));
}

/* The prompt's phrases become vocabulary: clients put expected words there. */
static bool read_prompt(struct wanted *w, const char *text, struct moim_http_answer *an)
{
    int n;
    if (!text || !*text) return true;
    if (!moim_text_ok(text, &n) || n > 2000) {
        moim_answer_error(an, 400, "prompt: must be text of at most 2000 characters");
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
    /* Not the request's own text: a stream may outlive the request. */
    w->model = !model                        ? NULL
               : !strcmp(model, "whisper")   ? "whisper"
               : !strcmp(model, "conformer") ? "conformer"
                                             : NULL;
    w->stream = is_true(moim_http_form(rq, "stream"));
    for (int i = 0; i < rq->n_form; i++) {
        if (strncmp(rq->form[i].name, "timestamp_granularities", 23)) continue;
        w->words |= strstr(rq->form[i].value, "word") != NULL;
        w->segments |= strstr(rq->form[i].value, "segment") != NULL;
    }
    if (!w->words) w->segments = true; /* the default */
    if (!rq->n_form)
        moim_answer_error(an, 415, "the body must be multipart/form-data with a part \"file\"");
    else if (!rq->upload_bytes)
        moim_answer_error(an, 400, "file: no audio was sent");
    else if (!model)
        moim_answer_error(an, 400, "model is missing; any name is accepted");
    else if (!moim_choice_in("json|text|srt|vtt|verbose_json", w->format))
        moim_answer_error(an, 400, "response_format: must be one of json|text|srt|vtt|verbose_json");
    else if (!w->lang)
        moim_answer_error(an, 400, "language: must be ko, en or absent");
    else if (w->stream && !moim_choice_in("json|text", w->format))
        moim_answer_error(an, 400, "stream: needs response_format json or text");
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
    if (out && moim_stream_end(out, &text)) return text;
    free(text);
    return NULL;
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

/* Mean natural logarithm of the words' probabilities; of the line's where it has no words. */
static double mean_logprob(const struct moim_segment *g)
{
    double sum = 0;
    for (int i = 0; i < g->n_words; i++) sum += log(fmin(1, fmax(1e-6, (double)g->words[i].confidence)));
    return g->n_words ? sum / g->n_words : log(fmin(1, fmax(1e-6, g->confidence)));
}

/* Of the audio segment that the line belongs to. */
static double no_speech(const struct moim_transcript *t, const struct moim_segment *g)
{
    double middle = (g->start + g->end) / 2;
    int i = 0;
    while (i + 1 < t->n && t->stretch[i + 1].start <= middle) i++;
    return t->n ? fmin(1, fmax(0, (double)t->stretch[i].no_speech)) : 0;
}

static cJSON *segment_json(const struct moim_transcript *t, const struct moim_segment *g, int i)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "id", i);
    cJSON_AddNumberToObject(o, "seek", floor(g->start * 100));
    cJSON_AddNumberToObject(o, "start", round(g->start * 1000) / 1000);
    cJSON_AddNumberToObject(o, "end", round(g->end * 1000) / 1000);
    cJSON_AddStringToObject(o, "text", g->text);
    cJSON_AddArrayToObject(o, "tokens");
    cJSON_AddNumberToObject(o, "temperature", 0);
    cJSON_AddNumberToObject(o, "avg_logprob", mean_logprob(g));
    cJSON_AddNumberToObject(o, "compression_ratio", compression_ratio(g->text));
    cJSON_AddNumberToObject(o, "no_speech_prob", no_speech(t, g));
    return o;
}

static void add_words(cJSON *all, const struct moim_segment *g)
{
    for (int i = 0; i < g->n_words; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "word", g->words[i].text);
        cJSON_AddNumberToObject(o, "start", round(g->words[i].start * 1000) / 1000);
        cJSON_AddNumberToObject(o, "end", round(g->words[i].end * 1000) / 1000);
        moim_json_append(all, o);
    }
}

static void answer_json(const struct wanted *w, const struct moim_transcript *t,
                        const struct moim_segment *list, int n, struct moim_http_answer *an)
{
    char *text = whole_text(list, n);
    if (!text) {
        moim_answer_error(an, 500, "out of memory");
        return;
    }
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
            if (segments) moim_json_append(segments, segment_json(t, &list[i], i));
            if (words) add_words(words, &list[i]);
        }
    }
    cJSON_AddStringToObject(o, "text", text);
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
    if (!moim_stream_end(out, &text) && !rc) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
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

/* ---- as it is recognised ---- */

/* One running request. Its stream starts with the first words; from then on the server owns the request. */
struct asked {
    struct moim_serve *sv;
    struct moim_answer_stream out;
    bool stream;
    bool any;
};

static void progress(void *arg, double done)
{
    const struct asked *a = arg;
    moim_jobs_progress(a->sv->jobs, "transcribing", done);
}

static void send_event(struct asked *a, const char *type, const char *key, const char *text)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "type", type);
    cJSON_AddStringToObject(o, key, text);
    moim_answer_stream_send(&a->out, type, o);
}

/* An OpenAI delta: concatenated, the deltas are the text. */
static void said(void *arg, const struct moim_nbest *stretch)
{
    struct asked *a = arg;
    struct moim_transcript one = {.stretch = (struct moim_nbest *)(uintptr_t)stretch, .n = 1};
    struct moim_segment *list;
    int n;
    if (!a->stream || moim_transcript_lines(&one, &list, &n, NULL)) return;
    char *text = whole_text(list, n), *delta = NULL;
    if (text && *text && asprintf(&delta, "%s%s", a->any ? " " : "", text) >= 0) {
        send_event(a, "transcript.text.delta", "delta", delta);
        a->any = true;
        free(delta);
    }
    free(text);
    moim_segments_free(list, n);
}

static int end_stream(struct asked *a, const struct moim_transcript *t, struct moim_err *err)
{
    struct moim_segment *list;
    int n, rc = moim_transcript_lines(t, &list, &n, err);
    if (rc) return rc;
    char *text = whole_text(list, n);
    moim_segments_free(list, n);
    if (!text) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    send_event(a, "transcript.text.done", "text", text);
    free(text);
    return a->out.hub ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
}

static int transcribe(struct asked *a, const struct wanted *w, const char *upload, struct moim_err *err)
{
    struct moim_transcript t;
    struct moim_engine *e = a->sv->jobs ? moim_jobs_engine(a->sv->jobs, err) : NULL;
    if (!a->sv->jobs) return moim_fail(err, MOIM_ECANCEL, "the job queue does not accept jobs");
    if (!e) return err->code;
    struct moim_transcribe_options o = {.lang = w->lang,
                                        .model = w->model,
                                        .vocab = w->vocab,
                                        .n_vocab = w->n_vocab,
                                        .progress = progress,
                                        .said = said,
                                        .arg = a};
    int rc = moim_transcribe(e, upload, &o, &t, err);
    if (rc) return rc;
    rc = w->stream ? end_stream(a, &t, err) : answer(w, &t, a->out.an, err);
    moim_transcript_free(&t);
    return rc;
}

/* Do not reveal the temporary file's name to the client. */
static void hide_upload(struct moim_err *err, const char *upload)
{
    const char *at = strstr(err->msg, upload);
    char rest[sizeof err->msg];
    if (!at) return;
    snprintf(rest, sizeof rest, "%s", at + strlen(upload));
    moim_fail(err, err->code, "file%s", rest);
}

static void handle_transcriptions(struct moim_serve *sv, struct moim_http_request *rq,
                                  struct moim_http_answer *an)
{
    struct wanted w = {0};
    struct moim_err err = {0};
    if (!read_wanted(rq, &w, an)) return;
    struct asked a = {.sv = sv, .out = {.rq = rq, .an = an}, .stream = w.stream};
    char *upload = strdup(rq->upload); /* the request may have ended before recognition fails */
    int rc = upload ? transcribe(&a, &w, upload, &err) : moim_fail(&err, MOIM_ENOMEM, "out of memory");
    if (rc == MOIM_ENOENT) err.code = MOIM_EUNSUP; /* a model is missing, not what was asked for */
    if (rc && upload) hide_upload(&err, upload);
    if (rc && a.out.hub)
        send_event(&a, "error", "message", err.msg);
    else if (rc)
        moim_answer_fail(an, &err);
    moim_answer_stream_end(&a.out);
    free(upload);
    free(w.prompt);
}

static void handle_openai_models(struct moim_serve *sv, struct moim_http_request *rq,
                                 struct moim_http_answer *an)
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
        moim_json_append(all, x);
    }
    moim_models_free(&m);
    moim_answer_json(an, 200, o);
}

const struct moim_http_route moim_routes_openai[] = {
    {"POST", "v1/audio/transcriptions", handle_transcriptions, MOIM_ROUTE_MODELS | MOIM_ROUTE_FILE},
    {"GET", "v1/models", handle_openai_models, 0},
    {0},
};
