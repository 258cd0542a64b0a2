/* The transcription stage. Parties on separate channels (firmware/library/import_sound.h) are recognised
 * separately: their lines may overlap in time; each channel is a speaker, named as in the file or by its
 * number. */
#ifndef MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_STAGE_H
#define MOIM_FIRMWARE_PIPELINE_TRANSCRIBE_STAGE_H

#include "firmware/pipeline/transcribe.h"

/* What was said, in time order. */
struct moim_heard {
    struct moim_segment *list; /* [n], the caller's; speaker is the party, 0 where there are none */
    int n;
    char lang[8];
    int said; /* lines of the party that says most, whose language it is */
    double duration;
    bool damaged;
};
/* Each party of a recording apart, or all of it. o: all but part. What is in all is the caller's even when it fails. */
int moim_hear_parties(struct moim_engine *e, const char *audio, const struct moim_transcribe_options *o,
                      const struct moim_parties *p, struct moim_heard *all, struct moim_err *err);
/* What party number (from 1) is called, malloc'ed. */
char *moim_party_name(const struct moim_parties *p, int number, const char *lang);

/* Names speaker number as that party (from 0), where it speaks and has no name; the how manyth of it: from the second on with
 * its number behind. */
int moim_name_party(struct moim_store *s, int64_t meeting, const struct moim_parties *p, int party,
                    int number, int place, const char *lang, struct moim_err *err);

/* o: all but part. */
int moim_transcribe_meeting(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                            const struct moim_transcribe_options *o, struct moim_err *err);
/* Only o->from to o->to of it: lines elsewhere stay, and so does the state. MOIM_EINVAL, and nothing changes, where no
 * speech is found. */
int moim_transcribe_part(struct moim_engine *e, struct moim_store *s, const struct moim_meeting *m,
                         const struct moim_transcribe_options *o, struct moim_err *err);
/* Whether a meeting's channels give its speakers, one each, which a call's do not; its state is set accordingly. */
int moim_speakers_by_channel(struct moim_store *s, const struct moim_meeting *m, bool *known,
                             struct moim_err *err);

#endif
