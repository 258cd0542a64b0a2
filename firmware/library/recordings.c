#include "firmware/library/recordings.h"
#include "base/directory.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/recover.h"
#include "firmware/platform/log.h"
#include "firmware/platform/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int moim_recording_name(const struct moim_store *s, char *path, size_t cap, struct moim_err *err)
{
    char name[96], stamp[32];
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", localtime_r(&t.tv_sec, &tm));
    snprintf(name, sizeof name, "rec-%s-%ld-%03ld.flac", stamp, (long)getpid(), t.tv_nsec / 1000000);
    int rc = moim_audio_path(s, name, path, cap, err);
    return rc ? rc : moim_make_parents(path, err);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int moim_recording_add(struct moim_store *s, const char *path, const char *title, const char *source,
                       int64_t started_at, int64_t *id, struct moim_err *err)
{
    char own[64];
    struct tm tm;
    time_t when = (time_t)started_at;
    strftime(own, sizeof own, "%Y-%m-%d %H:%M", localtime_r(&when, &tm));
    struct moim_meeting m = {.title = (char *)(uintptr_t)(title && *title ? title : own),
                             .started_at = started_at,
                             .language = "",
                             .state = MOIM_RECORDED,
                             .audio = (char *)(uintptr_t)base_of(path),
                             .source = (char *)(uintptr_t)source};
    return moim_meeting_add(s, &m, id, err);
}

/* ---- marks ---- */

static bool users(enum moim_mark_kind kind)
{
    return kind == MOIM_MARK_BOOKMARK || kind == MOIM_MARK_MEMO;
}

int moim_marks_as_bookmarks(const struct moim_mark *marks, size_t n, struct moim_bookmark **list, int *count,
                            int *noted, struct moim_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct moim_mark *m = &marks[i];
        if (m->kind == MOIM_MARK_START || m->kind == MOIM_MARK_STOP) continue;
        struct moim_bookmark *grown = realloc(*list, ((size_t)*count + 1) * sizeof *grown);
        if (!grown) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        *list = grown;
        struct moim_bookmark *b = &grown[*count];
        *b = (struct moim_bookmark){.at = (double)m->at / 16000};
        int len = users(m->kind) ? asprintf(&b->note, "%s", m->text)
                                 : asprintf(&b->note, "(%s) %s", moim_mark_names[m->kind], m->text);
        if (len < 0) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        ++*count;
        if (noted) *noted += users(m->kind);
    }
    return MOIM_OK;
}

int moim_journal_bookmarks(const char *audio, struct moim_bookmark **list, int *count, int *noted,
                           struct moim_err *err)
{
    struct moim_mark *marks;
    size_t n;
    int rc = moim_marks_read(audio, &marks, &n, err);
    if (rc == MOIM_ENOENT) return MOIM_OK;
    if (rc) return rc;
    rc = moim_marks_as_bookmarks(marks, n, list, count, noted, err);
    moim_marks_free(marks, n);
    return rc;
}

int moim_recorded(struct moim_store *s, int64_t id, const char *audio, double seconds,
                  const struct moim_mark *unsaved, size_t n, struct moim_err *err)
{
    struct moim_bookmark *list = NULL;
    int count = 0, rc = moim_journal_bookmarks(audio, &list, &count, NULL, err);
    if (!rc) rc = moim_marks_as_bookmarks(unsaved, n, &list, &count, NULL, err);
    if (!rc) rc = moim_meeting_recorded(s, id, seconds, list, count, err);
    moim_bookmarks_free(list, count);
    return rc;
}

/* ---- recordings without a meeting ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the store's recordings, in order; they are the list's. */
static int known_names(struct moim_store *s, struct moim_meeting **list, int *n, char ***names,
                       struct moim_err *err)
{
    *names = NULL;
    int rc = moim_meeting_list(s, list, n, err);
    if (rc) return rc;
    *names = calloc((size_t)*n + 1, sizeof **names);
    if (!*names) {
        moim_meeting_list_free(*list, *n);
        return moim_fail(err, MOIM_ENOMEM, "out of memory");
    }
    for (int i = 0; i < *n; i++) (*names)[i] = (*list)[i].audio;
    qsort(*names, (size_t)*n, sizeof **names, by_name);
    return MOIM_OK;
}

static int is_known(struct moim_store *s, const char *name, bool *known, struct moim_err *err)
{
    struct moim_meeting *list;
    char **names;
    int n, rc = known_names(s, &list, &n, &names, err);
    if (rc) return rc;
    *known = bsearch(&name, names, (size_t)n, sizeof *names, by_name) != NULL;
    free(names);
    moim_meeting_list_free(list, n);
    return MOIM_OK;
}

/* When it began: as its first mark says, else as its file. */
static int64_t began_at(const char *audio)
{
    struct moim_mark *marks;
    struct stat st;
    size_t n;
    int64_t when = stat(audio, &st) ? (int64_t)time(NULL) : (int64_t)st.st_mtime;
    if (moim_marks_read(audio, &marks, &n, NULL)) return when;
    if (n && marks[0].kind == MOIM_MARK_START) when = marks[0].wall_ms / 1000;
    moim_marks_free(marks, n);
    return when;
}

static int has_content(const char *audio, bool *content, struct moim_found *found, int *lock,
                       struct moim_err *err)
{
    struct moim_repair done;
    struct moim_bookmark *list = NULL;
    int n = 0, noted = 0, rc = moim_journal_repair_locked(audio, lock, &done, err);
    if (rc == MOIM_EFORMAT) {
        found->unreadable++;
        snprintf(found->name, sizeof found->name, "%.255s", base_of(audio));
        moim_log(MOIM_LOG_WARNING, "%s", err->msg);
    }
    int marks = moim_journal_bookmarks(audio, &list, &n, &noted, rc ? NULL : err);
    moim_bookmarks_free(list, n);
    *content = done.samples || noted;
    if (rc == MOIM_EFORMAT && noted) rc = MOIM_OK; /* the notes have their meeting; the file stays as it is */
    return rc ? rc : marks;
}

/* The holder of its lock decides. The row is there already when somebody recorded and ended since we looked.
 */
static int take_in(struct moim_store *s, const char *audio, int *lock, struct moim_found *found,
                   struct moim_err *err)
{
    bool known, content;
    int64_t id;
    int rc = is_known(s, base_of(audio), &known, err);
    if (rc || known) return rc;
    rc = has_content(audio, &content, found, lock, err);
    if (rc == MOIM_EFORMAT) return MOIM_OK;
    if (rc) return rc;
    if (!content) {
        found->removed++;
        return moim_remove_sound(audio, err);
    }
    rc = moim_recording_add(s, audio, NULL, "", began_at(audio), &id, err);
    if (rc) return rc;
    found->published++;
    moim_log(MOIM_LOG_NOTICE, "%s: a recording without a meeting is meeting %lld now", base_of(audio),
             (long long)id);
    struct moim_meeting m;
    bool gone;
    rc = moim_meeting_get(s, id, &m, err);
    if (!rc) rc = moim_recover(s, &m, lock, &gone, err);
    moim_meeting_clear(&m);
    return rc;
}

static int look_at(struct moim_store *s, const char *name, bool repair, struct moim_found *found,
                   struct moim_err *err)
{
    char audio[4096];
    int lock, rc = moim_audio_path(s, name, audio, sizeof audio, err);
    if (rc) return rc;
    if (moim_sound_lock(audio, &lock, NULL) || lock < 0) return MOIM_OK; /* in use, or deleted */
    if (repair)
        rc = take_in(s, audio, &lock, found, err);
    else
        found->waiting++;
    if (lock >= 0) close(lock);
    return rc;
}

static bool is_recording(const char *name)
{
    size_t n = strlen(name);
    return n > 9 && !strncmp(name, "rec-", 4) && !strcmp(name + n - 5, ".flac");
}

int moim_recordings_find(struct moim_store *s, bool repair, struct moim_found *found, struct moim_err *err)
{
    struct moim_meeting *list;
    char **names, dir[4096];
    int n;
    memset(found, 0, sizeof *found);
    int rc = moim_audio_path(s, "", dir, sizeof dir, err);
    if (!rc) rc = known_names(s, &list, &n, &names, err);
    if (rc) return rc;
    struct moim_names all;
    rc = moim_names_read(&all, dir, err);
    for (size_t i = 0; !rc && i < all.n; i++) {
        const char *name = all.name[i];
        if (!is_recording(name) || bsearch(&name, names, (size_t)n, sizeof *names, by_name)) continue;
        rc = look_at(s, name, repair, found, err);
    }
    moim_names_free(&all);
    free(names);
    moim_meeting_list_free(list, n);
    return rc;
}
