#include "firmware/library/retention.h"
#include "firmware/library/audio_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sound {
    const struct moim_meeting *meeting;
    char path[4096];
    int64_t bytes;
};

/* Sound that may go: words and speakers are out of it, it is there, and in nobody's hands. Holds the lock
 * when it returns true. */
static bool may_go(const struct sound *x, int *lock)
{
    *lock = -1;
    return x->meeting->state >= MOIM_DIARIZED && !moim_sound_lock(x->path, lock, NULL) && *lock >= 0;
}

static int remove_one(struct moim_store *s, const struct sound *x, const struct moim_keep *keep,
                      struct moim_tidied *done, struct moim_err *err)
{
    int lock, rc = MOIM_OK;
    if (!may_go(x, &lock)) return MOIM_OK;
    /* The file first: a crash in between leaves a name without a file, which the next run clears. */
    if (!keep->dry_run) rc = moim_remove_sound(x->path, err);
    if (!rc && !keep->dry_run) rc = moim_meeting_forget_audio(s, x->meeting->id, err);
    close(lock);
    if (rc) return rc;
    done->meetings++;
    done->bytes += x->bytes;
    done->left -= x->bytes;
    return MOIM_OK;
}

static int gather(struct moim_store *s, const struct moim_meeting *list, int n, struct sound *out, int *n_out,
                  struct moim_tidied *done, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = n - 1; !rc && i >= 0; i--) { /* the list is newest first */
        struct sound *x = &out[*n_out];
        struct stat st;
        if (!*list[i].audio) continue;
        x->meeting = &list[i];
        rc = moim_audio_path(s, list[i].audio, x->path, sizeof x->path, err);
        if (rc || stat(x->path, &st)) continue;
        x->bytes = st.st_size;
        done->left += x->bytes;
        ++*n_out;
    }
    return rc;
}

int moim_tidy(struct moim_store *s, const struct moim_keep *keep, int64_t now, struct moim_tidied *done,
              struct moim_err *err)
{
    struct moim_meeting *list;
    int n, have = 0;
    memset(done, 0, sizeof *done);
    int rc = moim_meeting_list(s, &list, &n, err);
    if (rc) return rc;
    struct sound *x = calloc((size_t)n + 1, sizeof *x);
    rc = x ? gather(s, list, n, x, &have, done, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < have; i++) {
        bool old = keep->days > 0 &&
                   (double)(now - x[i].meeting->started_at) - x[i].meeting->duration > keep->days * 86400.0;
        bool full = keep->bytes > 0 && done->left > keep->bytes;
        if (old || full) rc = remove_one(s, &x[i], keep, done, err);
    }
    free(x);
    moim_meeting_list_free(list, n);
    return rc;
}
