/* Transcripts in JSON: our own, and those of whisper.cpp, faster-whisper, WhisperX, OpenAI, CLOVA Speech, AssemblyAI. */
#include "base/json.h"
#include "storage/transcript_file_int.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MOST 10000 /* of one turn */

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static const char *string_of(const cJSON *o, const char *key)
{
    const cJSON *v = get(o, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static double number_of(const cJSON *o, const char *key, double scale)
{
    const cJSON *v = get(o, key);
    return cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble * scale < 1e7 ? v->valuedouble * scale
                                                                                    : -1;
}

/* A name, or the counted label of a diarizer: "SPEAKER_01", 1, {"label": "1", "name": "A"}. */
static const char *speaker_of(const cJSON *o, char own[64])
{
    const cJSON *v = get(o, "speaker");
    if (cJSON_IsObject(v)) {
        const char *name = string_of(v, "name"), *label = string_of(v, "label");
        if (*name) return name;
        *own = 0;
        if (*label) snprintf(own, 64, "Speaker %.40s", label);
        return own;
    }
    if (cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble < 1000) {
        snprintf(own, 64, "Speaker %d", (int)v->valuedouble + 1);
        return own;
    }
    const char *s = cJSON_IsString(v) ? v->valuestring : "";
    if (strncmp(s, "SPEAKER_", 8) || !isdigit((unsigned char)s[8])) return s;
    snprintf(own, 64, "Speaker %d", atoi(s + 8) % 1000 + 1);
    return own;
}

static const char *text_of(const cJSON *o)
{
    const char *s = string_of(o, "text");
    if (!*s) s = string_of(o, "transcript");
    return s;
}

/* ---- words ---- */

static void skip_blanks(const char **p)
{
    while (isspace((unsigned char)**p)) ++*p;
}

/* The words of a turn, where they are its text; else none. */
static int add_words(struct moim_transcript_file *t, const cJSON *list, double scale)
{
    const char *at = t->turns[t->n - 1].text;
    int most = cJSON_GetArraySize(list), n = 0;
    if (most < 1 || most > WORDS_MOST) return MOIM_OK;
    struct moim_word *words = calloc((size_t)most, sizeof *words);
    bool fit = words != NULL;
    const cJSON *w;
    cJSON_ArrayForEach(w, list)
    {
        const char *s = string_of(w, "word");
        if (!*s) s = string_of(w, "text");
        skip_blanks(&s);
        size_t len = strlen(s);
        while (len && isspace((unsigned char)s[len - 1])) len--;
        double start = number_of(w, "start", scale), end = number_of(w, "end", scale),
               sure = number_of(w, "probability", 1);
        if (sure < 0) sure = number_of(w, "score", 1);
        if (!fit || !len) continue;
        bool space = isspace((unsigned char)*at);
        skip_blanks(&at);
        fit = start >= 0 && end >= start && !strncmp(at, s, len) && !memchr(s, ' ', len);
        if (!fit) continue;
        at += len;
        words[n] = (struct moim_word){.text = strndup(s, len),
                                      .start = start,
                                      .end = end,
                                      .confidence = sure >= 0 && sure <= 1 ? (float)sure : 1,
                                      .space_before = space};
        fit = words[n++].text != NULL;
    }
    skip_blanks(&at);
    if (fit && n && !*at) {
        t->words[t->n - 1] = (struct moim_turn_words){words, n};
    } else {
        moim_words_free(words, n);
    }
    return MOIM_OK;
}

/* ---- turns ---- */

static int push(struct moim_transcript_file *t, const cJSON *o, double start, double end, double scale)
{
    char own[64];
    const char *who = speaker_of(o, own), *what = text_of(o);
    if (!cJSON_IsString(get(o, "text")) && !cJSON_IsString(get(o, "transcript"))) return MOIM_EFORMAT;
    int before = t->n, rc = moim_turn_push(t, who, strlen(who), what, strlen(what), start, end);
    if (!rc && t->n > before) rc = add_words(t, get(o, "words"), scale);
    return rc;
}

/* Milliseconds, where the program is one that writes them. */
static double scale_of(const cJSON *root, const cJSON *list)
{
    const cJSON *first = cJSON_GetArrayItem(list, 0);
    bool clova = cJSON_IsObject(get(first, "speaker")),
         assembly = get(root, "utterances") == list && get(root, "audio_duration");
    return clova || assembly ? 0.001 : 1;
}

static int push_list(struct moim_transcript_file *t, const cJSON *root, const cJSON *list)
{
    double scale = scale_of(root, list);
    const cJSON *o;
    int rc = MOIM_OK;
    cJSON_ArrayForEach(o, list) if (!rc) rc =
        push(t, o, number_of(o, "start", scale), number_of(o, "end", scale), scale);
    return rc;
}

/* whisper.cpp: {"transcription": [{"offsets": {"from": ms, "to": ms}, "text"}]} */
static int push_whisper_cpp(struct moim_transcript_file *t, const cJSON *list)
{
    const cJSON *o;
    int rc = MOIM_OK;
    cJSON_ArrayForEach(o, list)
    {
        const cJSON *at = get(o, "offsets");
        if (!rc) rc = push(t, o, number_of(at, "from", 0.001), number_of(at, "to", 0.001), 0.001);
    }
    return rc;
}

static void set_language(struct moim_transcript_file *t, const cJSON *root)
{
    const char *s = string_of(root, "language");
    if (!*s) s = string_of(get(root, "result"), "language");
    if (!*s) s = string_of(root, "language_code");
    if (!strncasecmp(s, "ko", 2)) memcpy(t->language, "ko", 3);
    if (!strncasecmp(s, "en", 2)) memcpy(t->language, "en", 3);
}

static int push_all(struct moim_transcript_file *t, const cJSON *root)
{
    static const char *const key[] = {"turns", "segments", "utterances"};
    if (cJSON_IsArray(root)) return push_list(t, root, root);
    for (int i = 0; i < 3; i++)
        if (cJSON_IsArray(get(root, key[i]))) return push_list(t, root, get(root, key[i]));
    const cJSON *deep = get(get(root, "results"), "utterances");
    if (cJSON_IsArray(deep)) return push_list(t, root, deep);
    if (cJSON_IsArray(get(root, "transcription"))) return push_whisper_cpp(t, get(root, "transcription"));
    return *string_of(root, "text") ? push(t, root, -1, -1, 1) : MOIM_EFORMAT;
}

int moim_parse_json(struct moim_transcript_file *t, const char *data, size_t n)
{
    if (moim_json_parse(&t->root, data, n, false) == MOIM_ENOMEM) return MOIM_ENOMEM;
    int rc = push_all(t, t->root);
    const char *date = string_of(t->root, "date");
    if (!*date) date = string_of(t->root, "started_at");
    t->has_date = moim_date_parse(date, &t->date);
    set_language(t, t->root);
    char *title = strdup(string_of(t->root, "title")), *line = strdup(date);
    free(t->title);
    free(t->date_line);
    t->title = title;
    t->date_line = line;
    return rc ? rc : title && line ? MOIM_OK : MOIM_ENOMEM;
}
