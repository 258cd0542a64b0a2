#include "firmware/library/trash.h"
#include "firmware/library/removal.h"

#define STEADY 120 /* seconds that clocks may differ */

int moim_trash(struct moim_store *s, int64_t id, int64_t now, struct moim_err *err)
{
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    int rc = moim_meeting_lock(s, id, &lock, &m, err);
    if (rc) return rc;
    if (!m.trashed_at) rc = moim_meeting_set_trashed(s, id, now, err);
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    return rc;
}

int moim_trash_restore(struct moim_store *s, int64_t id, struct moim_err *err)
{
    return moim_meeting_set_trashed(s, id, 0, err);
}

int moim_trash_empty(struct moim_store *s, int days, int64_t now, int *deleted, struct moim_err *err)
{
    struct moim_meeting *list;
    int n, rc = moim_meeting_list(s, &list, &n, err);
    *deleted = 0;
    if (rc) return rc;
    for (int i = 0; !rc && i < n; i++) {
        int64_t since = list[i].trashed_at;
        if (!since) continue;
        if (days && since > now + STEADY) rc = moim_meeting_set_trashed(s, list[i].id, now, err);
        if (rc || (days && (double)(now - since) <= days * 86400.0)) continue;
        rc = moim_delete(s, list[i].id, err);
        *deleted += !rc;
        if (rc == MOIM_ESTATE || rc == MOIM_ENOENT) rc = MOIM_OK; /* in use, or deleted meanwhile */
    }
    moim_meeting_list_free(list, n);
    return rc;
}
