/* Imports existing transcripts. */
#include "firmware/library/import_transcript.h"
#include "base/text.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/document_add.h"
#include "firmware/library/meeting_time.h"
#include "storage/transcript_file.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Speaker names in the order of their first line, numbered from 1; 0: none. */
static int number_of(const char *who, const char **known, int *n)
{
    if (!*who) return 0;
    for (int i = 0; i < *n; i++)
        if (!strcmp(known[i], who)) return i + 1;
    known[(*n)++] = who;
    return *n;
}

/* "Speaker 3", "참석자 3", "화자 3": a number, not a name. */
static bool is_counted(const char *who, int number)
{
    static const char *const word[] = {"Speaker %d", "참석자 %d"};
    char label[64];
    for (int i = 0; i < 2; i++) {
        snprintf(label, sizeof label, word[i], number);
        if (!strcmp(label, who)) return true;
    }
    return false;
}

static int put_segments(struct moim_store *s, int64_t id, const struct moim_transcript_file *t,
                        struct moim_err *err)
{
    const char **known = calloc((size_t)t->n, sizeof *known);
    int n_known = 0;
    struct moim_segment *list = calloc((size_t)t->n, sizeof *list);
    int rc = known && list ? MOIM_OK : moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < t->n; i++)
        list[i] = (struct moim_segment){.start = t->turns[i].start,
                                        .end = t->turns[i].end,
                                        .speaker = number_of(t->turns[i].speaker, known, &n_known),
                                        .speaker_name = "",
                                        .text = (char *)(uintptr_t)t->turns[i].text,
                                        .first_pass = "",
                                        .words = t->words[i].list,
                                        .n_words = t->words[i].n,
                                        .language = (char *)(uintptr_t)t->language,
                                        .confidence = 1};
    if (!rc) rc = moim_segments_put(s, id, list, t->n, t->language, MOIM_DIARIZED, err);
    for (int i = 0; !rc && i < n_known; i++)
        if (!is_counted(known[i], i + 1)) rc = moim_speaker_rename(s, id, i + 1, known[i], err);
    free(list);
    free(known);
    return rc;
}

/* From the file's content, else from its name or its time. */
static int64_t held_at(const struct moim_transcript_file *t, const char *path, const char *shown)
{
    struct moim_named_time named;
    struct tm tm = {.tm_year = t->date.year - 1900,
                    .tm_mon = t->date.month - 1,
                    .tm_mday = t->date.day,
                    .tm_hour = 9,
                    .tm_isdst = -1};
    int64_t said = *t->date_line && moim_time_in_name(t->date_line, &named)
                       ? named.at + (named.clock ? 0 : 9 * 3600)
                       : 0;
    if (!said && t->has_date) said = (int64_t)mktime(&tm);
    return moim_meeting_time(path, shown, said);
}

static int put_notes(struct moim_store *s, int64_t id, const struct moim_transcript_file *t,
                     struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < t->n_notes; i++) {
        char *clean = moim_text_clean(t->notes[i].text, false), *note = NULL;
        if (!clean || asprintf(&note, "%s%s", t->notes[i].remark ? "(import) " : "", clean) < 0)
            rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (!rc && *note) rc = moim_bookmark_add(s, id, t->notes[i].at, note, err);
        free(clean);
        free(note);
    }
    return rc;
}

/* Imports our JSON export completely, with words, minutes and bookmarks. 1: it was one. */
static int import_document(struct moim_store *s, const struct moim_transcript_file *t, int64_t *id,
                           struct moim_err *err)
{
    struct moim_whole w;
    const cJSON *r = t->root;
    if (!r || !cJSON_GetObjectItemCaseSensitive(r, "state") ||
        !cJSON_GetObjectItemCaseSensitive(r, "started_at") ||
        !cJSON_GetObjectItemCaseSensitive(r, "duration_s"))
        return 0;
    char *json = cJSON_PrintUnformatted(r);
    if (!json) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_document_parse(&w, json, strlen(json), err);
    free(json);
    if (rc) return 0;
    rc = moim_document_add(s, &w.doc, id, err);
    moim_whole_free(&w);
    return rc ? rc : 1;
}

int moim_import_text_as(struct moim_store *s, const char *path, const char *shown, const char *language,
                        int64_t *id, struct moim_err *err)
{
    struct moim_transcript_file t;
    if (moim_store_owns(s, path)) return moim_fail(err, MOIM_EINVAL, "%s: is the store itself", path);
    int rc = moim_transcript_file_read_as(&t, path, shown, err);
    if (rc) return rc;
    if ((rc = import_document(s, &t, id, err))) {
        moim_transcript_file_clear(&t);
        return rc > 0 ? MOIM_OK : rc;
    }
    char *title = *t.title ? moim_text_clean(t.title, false) : moim_title_of(shown ? shown : path),
         *full = shown ? NULL : realpath(path, NULL);
    if (language && strcmp(language, "auto")) snprintf(t.language, sizeof t.language, "%s", language);
    struct moim_meeting m = {.title = title,
                             .started_at = held_at(&t, path, shown),
                             .duration = t.turns[t.n - 1].end,
                             .language = t.language,
                             .state = MOIM_RECORDED,
                             .audio = "",
                             .source = full ? full : (char *)(uintptr_t)(shown ? shown : path)};
    rc = title ? moim_store_begin(s, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
    if (!rc) {
        rc = moim_meeting_add(s, &m, id, err);
        if (!rc) rc = put_segments(s, *id, &t, err);
        if (!rc) rc = put_notes(s, *id, &t, err);
        rc = moim_store_end(s, rc, err);
    }
    free(title);
    free(full);
    moim_transcript_file_clear(&t);
    return rc;
}

int moim_import_text(struct moim_store *s, const char *path, const char *language, int64_t *id,
                     struct moim_err *err)
{
    return moim_import_text_as(s, path, NULL, language, id, err);
}
