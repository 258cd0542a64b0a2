/* Live captions on a clock of their own: sound arrives as it would in a room, and time goes on by what the work
 * takes of the processor, so that delays can be measured on a busy machine and faster than they happen.
 *
 *   captions_curve LANG FILE [KEY=VALUE]...     keys as in struct moim_caption_pace
 *
 * Prints the captions as `moim record --json` does, with "now", the clock when a caption was there, and at the
 * end a line with the seconds of sound, the processor's seconds and the peak of memory in MiB. */
#include "audio/decode.h"
#include "firmware/pipeline/engine_int.h"
#include "firmware/recording/captions.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static struct moim_err err;

static void must(int rc)
{
    if (!rc) return;
    fprintf(stderr, "captions_curve: %s\n", err.msg);
    exit(1);
}

static double spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Time: that of the sound, or later by the work that began when it had come. */
struct room {
    double at, began;
};

static double room_now(void *arg)
{
    const struct room *r = arg;
    return r->at + spent() - r->began;
}

static void set(struct moim_caption_pace *p, const char *arg)
{
    static const struct {
        const char *name;
        size_t at;
    } keys[] = {
#define K(x) {#x, offsetof(struct moim_caption_pace, x)}
        K(first), K(step), K(load), K(lag), K(window), K(keep), K(margin), K(sure), K(heard)};
    const char *value = strchr(arg, '=');
    for (size_t i = 0; value && i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i].name) == (size_t)(value - arg) &&
            !strncmp(arg, keys[i].name, (size_t)(value - arg))) {
            *(double *)((char *)p + keys[i].at) = atof(value + 1);
            return;
        }
    fprintf(stderr, "captions_curve: %s is unknown\n", arg);
    exit(2);
}

static void show(struct moim_captions *c, struct room *r)
{
    struct moim_caption k;
    while (moim_captions_next(c, &k)) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "type", k.kind == MOIM_CAPTION_FINAL ? "final" : "partial");
        cJSON_AddNumberToObject(o, "start", k.start);
        cJSON_AddNumberToObject(o, "end", k.end);
        cJSON_AddStringToObject(o, "text", k.text);
        cJSON_AddNumberToObject(o, "settled", k.settled);
        cJSON_AddNumberToObject(o, "now", room_now(r));
        char *line = cJSON_PrintUnformatted(o);
        puts(line);
        free(line);
        cJSON_Delete(o);
    }
}

int main(int argc, char **argv)
{
    struct moim_caption_pace pace = moim_caption_pace_defaults();
    struct moim_engine *e;
    struct moim_captions *c;
    struct room room = {0};
    float *pcm;
    size_t n;
    if (argc < 3) return 2;
    for (int i = 3; i < argc; i++) set(&pace, argv[i]);
    must(moim_decode_file(argv[2], 7200, &pcm, &n, &err));
    must(moim_engine_new(&e, 1, &err));
    struct moim_captions_options o = {.lang = argv[1], .pace = &pace, .clock = room_now, .clock_arg = &room};
    must(moim_captions_open(&c, e, &o, &err));
    double before = spent();
    for (size_t at = 0; at < n; at += MOIM_VAD_WINDOW) {
        size_t k = n - at < MOIM_VAD_WINDOW ? n - at : MOIM_VAD_WINDOW;
        double come = (double)(at + k) / MOIM_ASR_RATE, now = room_now(&room);
        room.at =
            now > come ? now : come; /* work that took longer than the sound is late for what comes next */
        room.began = spent();
        must(moim_captions_push(c, pcm + at, k, at, (size_t)((room.at - come) * MOIM_ASR_RATE), &err));
        show(c, &room);
    }
    must(moim_captions_end(c, &err));
    show(c, &room);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("{\"type\":\"cost\",\"seconds\":%.3f,\"processor\":%.3f,\"memory\":%.1f}\n",
           (double)n / MOIM_ASR_RATE, spent() - before, (double)u.ru_maxrss / 1024);
    moim_captions_close(c);
    moim_engine_free(e);
    free(pcm);
    return 0;
}
