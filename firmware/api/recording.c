/* Control of the running recording. */
#include "base/json.h"
#include "firmware/api/context.h"
#include "firmware/recording/recorder.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool no_mic(struct moim_serve *sv, struct moim_http_answer *an)
{
    if (sv->mic) return false;
    moim_answer_why(an, 501, "no_microphone", "this daemon has no microphone");
    return true;
}

static void handle_devices(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    cJSON *list;
    (void)rq;
    if (no_mic(sv, an)) return;
    if (moim_mic_devices(sv->mic, &list, &err))
        moim_answer_fail(an, &err);
    else
        moim_answer_json(an, 200, list);
}

static void handle_outputs(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    cJSON *list;
    (void)rq;
    if (no_mic(sv, an)) return;
    if (moim_mic_devices(sv->mic, &list, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON_Delete(list);
    moim_answer_json(an, 200, moim_mic_outputs(sv->mic));
}

static void handle_recording(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    if (no_mic(sv, an)) return;
    cJSON *o = cJSON_CreateObject();
    moim_json_set(o, "recording", moim_mic_json(sv->mic));
    moim_json_set(o, "captions", moim_mic_captions(sv->mic));
    moim_answer_json(an, 200, o);
}

/* Fills unset options from the settings. */
static bool settings_for(struct moim_serve *sv, struct moim_http_answer *an, bool *captions, char lang[8])
{
    struct moim_store *s = moim_serve_store(sv, an);
    char *v;
    if (!s) return false;
    if (!moim_setting_get(s, "captions", "true", &v, NULL)) {
        *captions = !strcmp(v, "true");
        free(v);
    }
    if (!moim_setting_get(s, "speech_language", "auto", &v, NULL)) {
        snprintf(lang, 8, "%s", v);
        free(v);
    }
    moim_serve_store_back(sv, s);
    return true;
}

static void handle_start(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_mic_request q = {.captions = true};
    struct moim_err err;
    char lang[8] = "auto";
    long long channel = 0;
    int64_t id;
    if (no_mic(sv, an) || !settings_for(sv, an, &q.captions, lang)) return;
    q.language = lang;
    if (!moim_http_text(rq, an, "title", 0, 500, false, &q.title) ||
        !moim_http_text(rq, an, "device", 0, 200, false, &q.device) ||
        !moim_http_text(rq, an, "call", 0, 200, false, &q.call) ||
        !moim_http_bool(rq, an, "remote", &q.remote) ||
        !moim_http_int(rq, an, "channel", 0, 64, false, &channel) ||
        !moim_http_choice(rq, an, "language", "auto|ko|en", &q.language) ||
        !moim_http_bool(rq, an, "captions", &q.captions))
        return;
    q.channel = (int)channel;
    if (!moim_serve_has_room(sv, 0)) {
        moim_answer_error(an, 507, "the disk is nearly full: delete meetings or their sound first");
        return;
    }
    if (!moim_mic_start(sv->mic, &q, &id, &err))
        moim_answer_json(an, 201, moim_mic_json(sv->mic));
    else if (err.code == MOIM_ENOENT || err.code == MOIM_EIO)
        moim_answer_why(an, 501, err.code == MOIM_ENOENT ? "no_microphone" : "microphone_failed", "%s",
                        err.msg);
    else
        moim_answer_fail(an, &err);
}

#define CHUNK_MOST ((size_t)60 * 16000) /* samples */

/* Little-endian samples of the body's file; NULL with the answer given. */
static int16_t *read_chunk(const struct moim_http_request *rq, struct moim_http_answer *an, size_t *n)
{
    *n = (size_t)(rq->upload_bytes / 2);
    if (!rq->upload || !*n || rq->upload_bytes % 2 || *n > CHUNK_MOST) {
        moim_answer_error(an, 400, "the body must hold 1 to %zu samples of 16 bits, the low byte first",
                          CHUNK_MOST);
        return NULL;
    }
    int16_t *pcm = malloc(*n * sizeof *pcm);
    FILE *f = pcm ? fopen(rq->upload, "rbe") : NULL;
    bool whole = f && fread(pcm, sizeof *pcm, *n, f) == *n;
    if (f) fclose(f);
    if (whole) {
        for (size_t i = 0; i < *n; i++) pcm[i] = (int16_t)le16toh((uint16_t)pcm[i]);
        return pcm;
    }
    free(pcm);
    moim_answer_error(an, 500, "the chunk could not be read");
    return NULL;
}

/* A chunk of a recording from another device; the answer says which sample is wanted next, 409 that it was not this one. */
static void handle_sound(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    long long meeting, at;
    uint64_t next;
    size_t n;
    if (no_mic(sv, an) || !moim_http_query_int(rq, an, "meeting", 1, INT64_MAX, 0, &meeting) ||
        !moim_http_query_int(rq, an, "at", 0, INT64_MAX, 0, &at))
        return;
    int16_t *pcm = read_chunk(rq, an, &n);
    if (!pcm) return;
    int rc = moim_mic_push(sv->mic, meeting, (uint64_t)at, pcm, n, &next, &err);
    free(pcm);
    if (rc && rc != MOIM_EINVAL) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "next", (double)next);
    if (rc)
        moim_answer_changed(an, o);
    else
        moim_answer_json(an, 200, o);
}

static void handle_stop(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    struct moim_err err;
    int64_t id;
    (void)rq;
    if (no_mic(sv, an)) return;
    if (moim_mic_stop(sv->mic, &id, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    moim_answer_row(sv, s, id, 200, an);
    moim_serve_store_back(sv, s);
}

static void pause_or_resume(struct moim_serve *sv, struct moim_http_answer *an, bool paused)
{
    struct moim_err err;
    if (no_mic(sv, an)) return;
    if (moim_mic_pause(sv->mic, paused, &err))
        moim_answer_fail(an, &err);
    else
        moim_answer_json(an, 200, moim_mic_json(sv->mic));
}

static void handle_pause(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    pause_or_resume(sv, an, true);
}

static void handle_resume(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    (void)rq;
    pause_or_resume(sv, an, false);
}

static void note(struct moim_serve *sv, struct moim_http_answer *an, bool memo, const char *text)
{
    struct moim_err err;
    double at;
    if (no_mic(sv, an)) return;
    if (moim_mic_note(sv->mic, memo, text, &at, &err)) {
        moim_answer_fail(an, &err);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "at", at);
    cJSON_AddStringToObject(o, "note", text);
    moim_answer_json(an, 201, o);
}

static void handle_mark_now(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *text = "";
    if (moim_http_text(rq, an, "note", 0, MOIM_NOTE_CHARACTERS, false, &text)) note(sv, an, false, text);
}

static void handle_memo(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *text = NULL;
    if (moim_http_text(rq, an, "text", 1, MOIM_NOTE_CHARACTERS, true, &text)) note(sv, an, true, text);
}

const struct moim_http_route moim_routes_recording[] = {
    {"GET", "api/v1/devices", handle_devices, MOIM_ROUTE_CONTROL},
    {"GET", "api/v1/outputs", handle_outputs, MOIM_ROUTE_CONTROL},
    {"GET", "api/v1/recording", handle_recording, 0},
    {"POST", "api/v1/recording", handle_start, MOIM_ROUTE_CONTROL | MOIM_ROUTE_JSON},
    {"POST", "api/v1/recording/sound", handle_sound, MOIM_ROUTE_FILE},
    {"POST", "api/v1/recording/stop", handle_stop, MOIM_ROUTE_CONTROL | MOIM_ROUTE_JSON},
    {"POST", "api/v1/recording/pause", handle_pause, MOIM_ROUTE_CONTROL | MOIM_ROUTE_JSON},
    {"POST", "api/v1/recording/resume", handle_resume, MOIM_ROUTE_CONTROL | MOIM_ROUTE_JSON},
    {"POST", "api/v1/recording/bookmark", handle_mark_now, MOIM_ROUTE_CONTROL | MOIM_ROUTE_JSON},
    {"POST", "api/v1/recording/memo", handle_memo, MOIM_ROUTE_CONTROL | MOIM_ROUTE_JSON},
    {0},
};
