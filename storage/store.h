/* The store: one SQLite file that holds every meeting, readable by other programs (docs/schema.md).
 *
 * A handle serves one thread; several handles and processes may share the file (WAL). Every change is one
 * transaction: it happens whole or not at all, whatever fails. Strings handed out are owned by the structs
 * they stand in; release lists with the matching free function. Times are seconds; instants are Unix seconds,
 * UTC. */
#ifndef MOIM_STORAGE_STORE_H
#define MOIM_STORAGE_STORE_H

#include "base/status.h"
#include "base/transcript.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOIM_STORE_VERSION 7

struct moim_store;

/* Opens or creates the store at path (mode 0600, parents 0700). A store that may only be read, and one on a
 * full disk, opens for reading; each change asks anew whether it can be written by then (MOIM_EACCES,
 * MOIM_ENOSPC). MOIM_EFORMAT: not a store; MOIM_EVERSION: written by a newer moim.
 *
 * Nothing but SQLite ever opens the store's file: closing any descriptor of it drops all locks that the
 * process holds on it, and other processes would take the store for unused. */
int moim_store_open(struct moim_store **out, const char *path, struct moim_err *err);
/* It could not be opened as usual: who keeps handles for later closes this one, since it may shut others out
 * and does not see what they change. */
bool moim_store_hindered(const struct moim_store *s);
/* Is that the store's own file, which must not be read as anything else? */
bool moim_store_owns(const struct moim_store *s, const char *path);
/* Several changes as one: all calls between them, or none. They nest; every begin that succeeded needs its
 * end, which takes how it went (MOIM_OK: keep it) and returns that or why it could not be kept. */
int moim_store_begin(struct moim_store *s, struct moim_err *err);
int moim_store_end(struct moim_store *s, int rc, struct moim_err *err);
void moim_store_close(struct moim_store *s);
const char *moim_store_path(const struct moim_store *s);

/* Everybody who has a store open holds a lock on PATH.lock, shared; who replaces the store holds it alone.
 * *fd: to be closed, or -1 where nothing can be written. MOIM_ESTATE when others hold it the other way. */
int moim_store_lock(const char *path, bool alone, int *fd, struct moim_err *err);
/* moim_store_open by the holder of the lock: takes none. */
int moim_store_open_held(struct moim_store **out, const char *path, struct moim_err *err);

/* MOIM_EFORMAT unless SQLite's integrity check and the foreign keys hold and every row is one that moim
 * writes: names of sound without a path, languages, times and states in range. */
int moim_store_check(struct moim_store *s, struct moim_err *err);
/* Makes the full-text indexes anew from the texts. */
int moim_store_reindex(struct moim_store *s, struct moim_err *err);

/* A plain name below the audio directory: letters, digits, "._-", no leading dot. */
bool moim_is_sound_name(const char *s);
/* "ko", "en-us": 2 to 8 of a-z and "-". */
bool moim_is_language(const char *s);

/* A consistent copy at path (mode 0600), which must not exist, also while others write. */
int moim_store_copy(struct moim_store *s, const char *path, struct moim_err *err);

/* ---- meetings ---- */

/* How far processing has come; each stage is a job that can be done again. */
enum moim_state {
    MOIM_RECORDED,
    MOIM_TRANSCRIBED,
    MOIM_RESCORED,
    MOIM_DIARIZED,
    MOIM_SUMMARIZED,
    MOIM_STATE_COUNT
};
const char *moim_state_name(enum moim_state s); /* "recorded", ... */

struct moim_meeting {
    int64_t id;
    char *title;
    int64_t started_at;
    double duration;
    char *language; /* "ko", "en", "" while unknown */
    enum moim_state state;
    char *audio;           /* file name below the audio directory, "" when the sound is gone */
    char *source;          /* where it came from: a file's path or a device */
    char *error;           /* why the last job failed, "" if none did */
    int64_t trashed_at;    /* when it was put into the trash, 0: it is not there */
    bool titled;           /* the title is the user's */
    bool no_minutes;       /* none are wanted */
    int speakers_expected; /* how many people speak; 0: not known */
};

/* Adds a meeting in state recorded; *id receives its number. m->id and m->error are ignored. */
int moim_meeting_add(struct moim_store *s, const struct moim_meeting *m, int64_t *id, struct moim_err *err);
int moim_meeting_get(struct moim_store *s, int64_t id, struct moim_meeting *m,
                     struct moim_err *err); /* MOIM_ENOENT */
void moim_meeting_clear(struct moim_meeting *m);
/* Is something left to do of it that somebody wants? Not in the trash, nor minutes that are not wanted. */
bool moim_meeting_unfinished(const struct moim_meeting *m);
/* Are its lines a draft, those of the live captions? Recognition replaces them. */
bool moim_meeting_draft(const struct moim_meeting *m, int n_lines);
/* Newest first, those in the trash too. */
int moim_meeting_list(struct moim_store *s, struct moim_meeting **list, int *n, struct moim_err *err);
void moim_meeting_list_free(struct moim_meeting *list, int n);
/* Is name the sound of a meeting? */
int moim_meeting_owns(struct moim_store *s, const char *name, bool *owned, struct moim_err *err);
/* The user's title. */
int moim_meeting_set_title(struct moim_store *s, int64_t id, const char *title, struct moim_err *err);
/* One that nobody chose: MOIM_OK too where the user's stands, which is kept. */
int moim_meeting_set_auto_title(struct moim_store *s, int64_t id, const char *title, struct moim_err *err);
/* What is asked for when it is processed. */
int moim_meeting_set_wishes(struct moim_store *s, int64_t id, bool no_minutes, int speakers_expected,
                            struct moim_err *err);
/* Into the trash, where lists, search and tasks leave it out (firmware/library/trash.h), with its waiting jobs gone; at 0:
 * out of it. */
int moim_meeting_set_trashed(struct moim_store *s, int64_t id, int64_t at, struct moim_err *err);
int moim_meeting_set_state(struct moim_store *s, int64_t id, enum moim_state state, struct moim_err *err);
/* When it was; Unix seconds. */
int moim_meeting_set_time(struct moim_store *s, int64_t id, int64_t started_at, struct moim_err *err);
/* Its sound is another file now, which has not been recognised yet. */
int moim_meeting_set_audio(struct moim_store *s, int64_t id, const char *audio, double seconds,
                           struct moim_err *err);
/* Its sound is gone, on purpose. */
int moim_meeting_forget_audio(struct moim_store *s, int64_t id, struct moim_err *err);
int moim_meeting_set_error(struct moim_store *s, int64_t id, const char *error, struct moim_err *err);
struct moim_bookmark;
/* Ends a recording: its length and its n marks (id ignored), together and once. A meeting whose length is
 * known is left as it is, so that a crash on the way costs nothing and doubles nothing. */
int moim_meeting_recorded(struct moim_store *s, int64_t id, double seconds, const struct moim_bookmark *marks,
                          int n, struct moim_err *err);
/* Removes the meeting and every trace of its words from the file; its sound is the caller's
 * (firmware/library/removal.h). */
int moim_meeting_delete(struct moim_store *s, int64_t id, struct moim_err *err);

/* ---- transcript ---- */

/* Replaces what the recogniser wrote; list is in time order, language is the meeting's. Segments that the
 * user corrected stay, with their ids: a new line is cut between words around them, and what it says at their
 * time lies below them for undo. Words at a time that the user gave to a speaker are that speaker's; others
 * keep the speaker that most of their time had, where list has none, as sure as that was. One transaction, which also sets
 * the state. */
int moim_segments_put(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                      const char *language, enum moim_state state, struct moim_err *err);
/* The same for what lies between two moments: lines whose middle is elsewhere stay, and so does the state. */
int moim_segments_put_part(struct moim_store *s, int64_t meeting, const struct moim_segment *list, int n,
                           double from, double to, struct moim_err *err);
int moim_segments_get(struct moim_store *s, int64_t meeting, struct moim_segment **list, int *n,
                      struct moim_err *err);
/* The user's correction, and its step back, newest first. The last step brings back what the recogniser says
 * at that time now, maybe as several segments, of which the first keeps the id; where it says nothing now,
 * the text before the correction. MOIM_ENOENT when there is no such segment, or nothing to take back. */
int moim_segment_edit(struct moim_store *s, int64_t segment, const char *text, struct moim_err *err);
int moim_segment_undo(struct moim_store *s, int64_t segment, struct moim_err *err);
int moim_speaker_rename(struct moim_store *s, int64_t meeting, int speaker, const char *name,
                        struct moim_err *err);
int moim_speaker_merge(struct moim_store *s, int64_t meeting, int from, int into, struct moim_err *err);

/* ---- minutes ---- */

struct moim_item {
    char *
        kind; /* "title", "summary", "topic", "key_point", "decision", "action", "question", "to_confirm", "suggestion" */
    char *text;
    char *owner;    /* action items; "" otherwise */
    char *due_text; /* as said */
    char *due_date; /* YYYY-MM-DD, or "" */
    double start, end;
    int64_t *evidence; /* segment ids */
    int n_evidence;
    /* As the store keeps it (storage/minutes_lines.h). All zero for a line that is new; as it was read for one that is to stay
     * that line, and then it is put as it stands here. */
    int64_t line;    /* its number, the same in every version */
    int64_t done_at; /* when it was ticked off; 0: it is open */
    int own;         /* MOIM_OWN_...: what of it is the user's */
    int verdict;     /* of a suggestion or what was to be confirmed: 1 accepted, -1 rejected, 0 neither */
};

/* Adds a version of the minutes and makes it the current one; older versions stay. What the user did to lines of the
 * current one is carried over: own lines, texts, owners, dates, ticks and removals stay as they are. Sets the state to
 * summarized. */
int moim_minutes_put(struct moim_store *s, int64_t meeting, const char *model, const char *template_name,
                     const struct moim_item *items, int n, struct moim_err *err);
/* The current version: MOIM_OK with *n = 0 when there is none. */
int moim_minutes_get(struct moim_store *s, int64_t meeting, struct moim_item **items, int *n,
                     struct moim_err *err);
void moim_items_free(struct moim_item *items, int n);

/* Every version that was written of a meeting's minutes, numbered 1, 2, ... as they came. */
struct moim_minutes_version {
    int number;
    char *model, *template_name;
    char *author; /* "model", or "user": a version that holds the user's changes */
    int64_t created_at, changed_at;
    bool current;
    int lines;
};
int moim_minutes_versions(struct moim_store *s, int64_t meeting, struct moim_minutes_version **list, int *n,
                          struct moim_err *err);
void moim_minutes_versions_free(struct moim_minutes_version *list, int n);
/* One of them: MOIM_ENOENT when there is none of that number. */
int moim_minutes_get_version(struct moim_store *s, int64_t meeting, int number, struct moim_item **items,
                             int *n, struct moim_err *err);

/* ---- search ---- */

/* How a hit was found. */
enum { MOIM_FOUND_WORDS = 1, MOIM_FOUND_MEANING = 2 };

struct moim_hit {
    int64_t meeting, segment; /* segment 0: found in the minutes */
    char *title, *language;   /* of the meeting */
    int64_t started_at;
    double start, end;
    int speaker;
    char *speaker_name;
    char *text; /* the segment or minutes item, whole; found by meaning alone: the passage that segment begins
                 */
    double score;
    int found;         /* MOIM_FOUND_... */
    float cosine;      /* of its passage with the query, where it was found by meaning */
    const char *where; /* "transcript", "minutes", "title", "speaker", "tag", "note"; static */
};

/* Every word of query must occur, also inside words. Best first. storage/search.h searches by meaning too. */
int moim_search(struct moim_store *s, const char *query, int limit, struct moim_hit **hits, int *n,
                struct moim_err *err);
void moim_hits_free(struct moim_hit *hits, int n);
void moim_hit_clear(struct moim_hit *h);

/* ---- bookmarks and vocabulary ---- */

struct moim_bookmark {
    int64_t id;
    double at;
    char *note;
};
int moim_bookmark_add(struct moim_store *s, int64_t meeting, double at, const char *note,
                      struct moim_err *err);
int moim_bookmark_list(struct moim_store *s, int64_t meeting, struct moim_bookmark **list, int *n,
                       struct moim_err *err);
int moim_bookmark_remove(struct moim_store *s, int64_t meeting, int64_t id,
                         struct moim_err *err); /* MOIM_ENOENT */
void moim_bookmarks_free(struct moim_bookmark *list, int n);

struct moim_vocab_row {
    char *word, *sounds_like;
};
int moim_vocab_add(struct moim_store *s, const char *word, const char *sounds_like, struct moim_err *err);
int moim_vocab_remove(struct moim_store *s, const char *word, struct moim_err *err); /* MOIM_ENOENT */
int moim_vocab_list(struct moim_store *s, struct moim_vocab_row **list, int *n, struct moim_err *err);
void moim_vocab_free(struct moim_vocab_row *list, int n);

/* What the user corrected: each edited segment as the recogniser had it and as it stands. */
struct moim_correction {
    char *before, *after;
};
int moim_corrections(struct moim_store *s, struct moim_correction **list, int *n, struct moim_err *err);
void moim_corrections_free(struct moim_correction *list, int n);

#endif
