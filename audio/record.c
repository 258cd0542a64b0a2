#include "audio/record.h"

static int mark_of(enum moim_block_kind kind)
{
    switch (kind) {
    case MOIM_BLOCK_GAP: return MOIM_MARK_GAP;
    case MOIM_BLOCK_OVERRUN: return MOIM_MARK_OVERRUN;
    case MOIM_BLOCK_DEVICE_LOST: return MOIM_MARK_DEVICE_LOST;
    case MOIM_BLOCK_DEVICE_BACK: return MOIM_MARK_DEVICE_BACK;
    case MOIM_BLOCK_CLIPPED: return MOIM_MARK_CLIPPED;
    case MOIM_BLOCK_SILENT: return MOIM_MARK_SILENT;
    default: return -1;
    }
}

int moim_record_step(struct moim_source *s, struct moim_journal *j, struct moim_block *b, int timeout_ms,
                     struct moim_err *err)
{
    int rc = moim_source_next(s, b, timeout_ms, err);
    if (rc) return rc;
    if (b->kind == MOIM_BLOCK_SOUND) return moim_journal_write_call(j, b->pcm, b->far, b->n, err);
    int mark = mark_of(b->kind);
    if (mark >= 0) moim_journal_mark(j, (enum moim_mark_kind)mark, b->at, b->text, NULL);
    return MOIM_OK;
}

void moim_record_pause(struct moim_source *s, struct moim_journal *j, bool paused)
{
    moim_source_pause(s, paused);
    moim_journal_mark(j, paused ? MOIM_MARK_PAUSE : MOIM_MARK_RESUME, moim_source_samples(s), NULL, NULL);
}
