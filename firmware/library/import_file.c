#include "firmware/library/import_file.h"
#include "firmware/library/import_transcript.h"
#include "storage/transcript_file.h"

#include <string.h>

static int import_words(struct moim_store *s, const char *path, const char *language,
                        const struct moim_import_options *o, int64_t *id, struct moim_err *err)
{
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    rc = moim_import_text_as(s, path, o->shown, language, id, err);
    if (!rc && o->title) rc = moim_meeting_set_title(s, *id, o->title, err);
    if (!rc && o->started_at) rc = moim_meeting_set_time(s, *id, o->started_at, err);
    return moim_store_end(s, rc, err);
}

int moim_import_file(struct moim_store *s, const char *path, const char *language,
                     const struct moim_import_options *o, struct moim_imported *done, struct moim_err *err)
{
    memset(done, 0, sizeof *done);
    if (moim_transcript_file_named(o->shown ? o->shown : path))
        return import_words(s, path, language, o, &done->id, err);
    return moim_import_sound(s, &path, 1, o, done, err);
}
