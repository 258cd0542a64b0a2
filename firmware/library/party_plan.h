/* Parties that have a channel or a track of their own, in one FLAC file.
 *
 * Up to seven have a channel each; of more than five the fourth channel stays empty, since players take it for the bass
 * and leave it out. FLAC has no more. Of more parties each is on a channel only while it is heard (a span), on any that
 * is free then: nobody is lost as long as no more than seven speak at once. The file's comment says whose is what:
 *
 *     moim-parties:                  moim-party-spans: 9
 *     Kim                            Kim                   a name a line, which may be empty
 *     Lee                            ...
 *                                    0 2 16000 48000       party 0 is on channel 2 in these frames
 *
 * and "moim-call:" of two channels that hold this side of a call and the far one (audio/journal.h).
 */
#ifndef MOIM_FIRMWARE_LIBRARY_PARTY_PLAN_H
#define MOIM_FIRMWARE_LIBRARY_PARTY_PLAN_H

#include "audio/decode.h"

#define MOIM_PARTY_SLOTS 7

/* The channel of one of so many parties or slots; how many channels they take. */
int moim_party_channel(int slot, int slots);
int moim_party_channels(int parties);

/* How loud each party is, in steps of 50 ms. */
struct moim_party_levels {
    int parties;
    size_t steps, room;
    unsigned char *peak; /* [room][parties] dB above -100 of full scale */
};
/* n samples of a party that begin at a frame. MOIM_ENOMEM. */
int moim_party_measure(struct moim_party_levels *l, int party, int64_t from, const float *pcm, size_t n);
void moim_party_levels_free(struct moim_party_levels *l);

struct moim_party_verdict {
    bool quiet_left_out; /* what is 35 dB under a party's own loudness stands on no channel */
    bool shared;         /* more than seven at once: some share a channel */
    double shared_at;    /* seconds */
};
/* Gives each party its spans. MOIM_ENOMEM. */
int moim_party_plan(const struct moim_party_levels *l, struct moim_parties *p,
                    struct moim_party_verdict *verdict);

/* The comment, malloc'ed; names: false: none. NULL when memory runs out. */
char *moim_party_table(const struct moim_parties *p, bool names);
/* The parties of a file with such a comment (or none) and so many channels, to be cleared. MOIM_ENOMEM. */
int moim_party_table_read(const char *comment, int channels, struct moim_parties *out);

#endif
