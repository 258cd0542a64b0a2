/* One track of a file as 16 kHz mono: the links of a chain one after another, rates and channels as they change. */
#ifndef MOIM_AUDIO_LANE_H
#define MOIM_AUDIO_LANE_H

#include "audio/mix.h"
#include "audio/source_int.h"

struct moim_sound {
    char *path;
    int fd;
    int64_t size, *link; /* where each link of a chain begins */
    int links;
    bool cut; /* it is shorter than its container says */
    int tracks, channels;
    int64_t began;
    char *comment;
};

struct moim_lane;

/* channel -1: all, mixed. remarks may be NULL, else they outlive the lane. */
int moim_lane_open(struct moim_lane **out, const struct moim_sound *s, int track, int channel,
                   struct moim_remarks *remarks, struct moim_err *err);
/* From its beginning on the lane gives those spans' channels alone, which outlive it. */
void moim_lane_set_spans(struct moim_lane *l, const struct moim_party_span *spans, int n);
void moim_lane_close(struct moim_lane *l);
/* Fills pcm[n]; less only at the end. */
long moim_lane_read(struct moim_lane *l, float *pcm, size_t n, struct moim_err *err);
/* What is being read: rate, channels, name, tracks. */
const struct moim_decoder *moim_lane_decoder(const struct moim_lane *l);
/* It broke off, or a part could not be decoded. */
bool moim_lane_damaged(const struct moim_lane *l);

/* Measures the track's channels; NULL with MOIM_OK when it has one. The frames of the number of channels that most
 * of it has. The caller's to free. */
int moim_lane_survey(const struct moim_sound *s, int track, int channels, struct moim_mix **out,
                     struct moim_err *err);

#endif
