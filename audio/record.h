/* One step of a recording: sound from a source goes to its journal first, then to whoever thinks about it. */
#ifndef MOIM_AUDIO_RECORD_H
#define MOIM_AUDIO_RECORD_H

#include "audio/journal.h"
#include "audio/source.h"

/* moim_source_next, and then, before b is handed out: SOUND is appended to the journal, an event becomes its
 * mark (END and HEARD none). MOIM_ENOSPC, MOIM_EIO from the journal: the recording is over and is kept; b is
 * still valid. A mark that could not be written does not stop the sound. */
int moim_record_step(struct moim_source *s, struct moim_journal *j, struct moim_block *b, int timeout_ms,
                     struct moim_err *err);

/* Pauses or resumes the source, with the mark; a mark that cannot be written is kept as the journal says. */
void moim_record_pause(struct moim_source *s, struct moim_journal *j, bool paused);

#endif
