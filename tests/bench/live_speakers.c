/* Live speaker labels on recordings whose speakers are known: what share of speech time is right when a line is settled, and when
 * it is revised no more, and what it costs.
 *
 *   live_speakers DIR      NAME.wav with NAME.rttm (tests/bench/mix_speakers.py makes such)
 *
 * Lines are the stretches that live captions are cut into. Speech counts where a line is and one reference speaker talks; numbers
 * are matched to the reference's speakers so that most of the time is right. */
#include "asr/live_speakers.h"
#include "asr/der.h"
#include "audio/decode.h"
#include "audio/segment.h"
#include "firmware/pipeline/engine_int.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_FRAMES 360000 /* of 10 ms: an hour */
#define TALKERS 16

static struct moim_err err;
static unsigned char truth[MAX_FRAMES], settled[MAX_FRAMES], later[MAX_FRAMES];
static struct moim_live_line kept[4000];

static void must(int rc)
{
    if (!rc) return;
    fprintf(stderr, "live_speakers: %s\n", err.msg);
    exit(1);
}

static double spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_truth(const char *path)
{
    char line[512], who[TALKERS][64], name[64];
    double start, length;
    int n = 0;
    FILE *f = fopen(path, "r");
    memset(truth, 0, sizeof truth);
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "SPEAKER %*s %*s %lf %lf %*s %*s %63s", &start, &length, name) != 3) continue;
        int k = 0;
        while (k < n && strcmp(who[k], name)) k++;
        if (k == n && n < TALKERS) strcpy(who[n++], name);
        for (int t = (int)(start * 100); t < (int)((start + length) * 100) && t < MAX_FRAMES; t++)
            truth[t] = (unsigned char)(truth[t] ? 255 : k + 1);
    }
    if (f) fclose(f);
}

static void paint(unsigned char *frames, const struct moim_live_line *line, bool fresh)
{
    for (int k = 0; k < line->n; k++)
        for (int t = (int)(line->part[k].start * 100); t < (int)(line->part[k].end * 100) && t < MAX_FRAMES;
             t++)
            if (!fresh || frames[t] == 255) frames[t] = (unsigned char)line->part[k].speaker;
}

/* The share of time that is right. */
static double right(const unsigned char *said, double *speech)
{
    double both[(TALKERS + 1) * TALKERS] = {0}, sum = 0, good = 0;
    int match[TALKERS + 1];
    for (int t = 0; t < MAX_FRAMES; t++) {
        if (said[t] == 255 || !truth[t] || truth[t] == 255) continue;
        sum++;
        both[said[t] * TALKERS + truth[t] - 1]++;
    }
    moim_assign(both + TALKERS, TALKERS, TALKERS, match); /* number 0 is nobody's */
    for (int k = 0; k < TALKERS; k++)
        if (match[k] >= 0) good += both[(k + 1) * TALKERS + match[k]];
    *speech = sum / 100;
    return good / 100;
}

struct nets {
    struct moim_engine *e;
    struct moim_segmentation *segmentation;
    struct moim_speaker_encoder *encoder;
    struct moim_vad *vad;
};

static double follow(const struct nets *nets, const float *pcm, size_t n)
{
    struct moim_live_speakers *live;
    struct moim_segmenter *s;
    struct moim_segment_params cuts = moim_segment_defaults;
    const struct moim_live_line *line;
    const float *stretch;
    size_t length;
    uint64_t start;
    double cost = 0;
    int lines = 0;
    cuts.target = 6; /* as firmware/recording/captions.c */
    cuts.max = 10;
    must(moim_live_speakers_new(&live, nets->segmentation, nets->encoder, &err));
    must(moim_segmenter_new(&s, nets->vad, &cuts, &err));
    memset(settled, 255, sizeof settled);
    memset(later, 255, sizeof later);
    for (size_t at = 0; at < n;) {
        size_t k = n - at < MOIM_VAD_WINDOW ? n - at : MOIM_VAD_WINDOW;
        at += moim_segmenter_push(s, pcm + at, k);
        if (at == n) moim_segmenter_end(s);
        while (moim_segmenter_next(s, &stretch, &length, &start)) {
            size_t end = (size_t)start + length < n ? (size_t)start + length : n;
            size_t from = end > MOIM_SEGMENT_SAMPLES ? end - MOIM_SEGMENT_SAMPLES : 0;
            if (start < from) from = (size_t)start;
            if (end - from > MOIM_SEGMENT_SAMPLES) end = from + MOIM_SEGMENT_SAMPLES;
            double before = spent();
            must(moim_live_speakers_line(live, lines++, (double)start / 16000, (double)end / 16000,
                                         pcm + from, end - from, (double)from / 16000, &err));
            cost += spent() - before;
            while (moim_live_speakers_next(live, &line)) {
                paint(settled, line, true);
                kept[line->number] = *line;
            }
        }
    }
    for (int i = 0; i < lines; i++) paint(later, &kept[i], false);
    moim_segmenter_free(s);
    moim_live_speakers_free(live);
    return cost;
}

static int is_wav(const struct dirent *d)
{
    return strstr(d->d_name, ".wav") != NULL;
}

static void open_nets(struct nets *nets)
{
    char path[4300];
    must(moim_engine_new(&nets->e, 1, &err));
    must(moim_models_path(&nets->e->models, "who-speaks", path, sizeof path, &err));
    must(moim_segmentation_open(&nets->segmentation, path, NULL, &err));
    must(moim_models_path(&nets->e->models, "speaker", path, sizeof path, &err));
    must(moim_speaker_encoder_open(&nets->encoder, path, &err));
    must(moim_engine_vad(nets->e, &nets->vad, &err));
}

int main(int argc, char **argv)
{
    struct nets nets;
    struct dirent **entry;
    double speech = 0, at_once = 0, in_the_end = 0, cost = 0, seconds = 0;
    if (argc != 2) return 2;
    open_nets(&nets);
    int files = scandir(argv[1], &entry, is_wav, alphasort);
    for (int i = 0; i < files; i++) {
        char path[4096];
        float *pcm;
        size_t n;
        double s;
        snprintf(path, sizeof path, "%s/%.*s.rttm", argv[1], (int)strlen(entry[i]->d_name) - 4,
                 entry[i]->d_name);
        read_truth(path);
        snprintf(path, sizeof path, "%s/%s", argv[1], entry[i]->d_name);
        must(moim_decode_file(path, 3600, &pcm, &n, &err));
        cost += follow(&nets, pcm, n);
        seconds += (double)n / 16000;
        double a = right(settled, &s), b = right(later, &s);
        printf("%-12s %5.1f %% of %.0f s right when settled, %5.1f %% in the end\n", entry[i]->d_name,
               100 * a / s, s, 100 * b / s);
        fflush(stdout);
        speech += s, at_once += a, in_the_end += b;
        free(pcm);
    }
    printf("all %5.1f %% of %.0f s right when settled, %5.1f %% in the end; %.3f of a core\n",
           100 * at_once / speech, speech, 100 * in_the_end / speech, cost / seconds);
    return 0;
}
