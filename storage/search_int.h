/* Shared by the files of search: words (search_words.c), meaning (search_meaning.c), and what joins them. */
#ifndef MOIM_STORAGE_SEARCH_INT_H
#define MOIM_STORAGE_SEARCH_INT_H

#include "storage/passages.h"
#include "storage/search.h"
#include "storage/store_int.h"

#define MOIM_VECTOR_BYTES (4 + MOIM_VECTOR_DIM)
#define MOIM_CODE_WORDS (MOIM_VECTOR_DIM / 64)

struct moim_code {
    int64_t id;
    uint64_t bits[MOIM_CODE_WORDS];
};

void moim_vector_pack(const float *v, uint8_t out[MOIM_VECTOR_BYTES]);
float moim_vector_dot(const float *v, const uint8_t stored[MOIM_VECTOR_BYTES]);
void moim_code_of(const uint8_t stored[MOIM_VECTOR_BYTES], uint64_t code[MOIM_CODE_WORDS]);

#define MOIM_QUERY_WORDS 16

struct moim_query_words {
    char *copy;
    char *word[MOIM_QUERY_WORDS];
    int n;
};

/* A search at work. */
struct moim_finder {
    struct moim_store *s;
    const struct moim_search_query *q;
    struct moim_query_words words;
    int64_t *meetings; /* that pass the filters, ascending; NULL: all do */
    int n_meetings;
    struct moim_hit *hits;
    int n;
    struct moim_err *err;
};

bool moim_finder_takes(const struct moim_finder *f, int64_t meeting);
/* Whether a segment's speaker passes the filter; name is "" where none was given. */
bool moim_finder_speaker(const struct moim_finder *f, int number, const char *name);

/* ASCII letters match either case, everything else to the byte. The next place of word in text, or NULL. */
const char *moim_find_word(const char *text, const char *word);

/* Adds meetings whose title, people and tags hold every word, and notes that do, newest first. */
int moim_search_names(struct moim_finder *f, int most);
/* Adds what the query's speaker said, the newest meetings first. */
int moim_search_spoken(struct moim_finder *f, int most);

/* Adds what holds every word, best first, with its rank as score; at most `most`. */
int moim_search_words(struct moim_finder *f, int most);

struct moim_near {
    int64_t passage, meeting;
    double start, last;
    float cosine;
};
/* The passages nearest to the query's vector, nearest first; at most cap. Returns their number or a negative
 * status. */
int moim_search_meaning(struct moim_finder *f, struct moim_near *out, int cap);

/* Reads a row of MOIM_HIT_COLUMNS. */
#define MOIM_HIT_COLUMNS                                                                                     \
    "m.id, g.id, m.title, m.started_at, g.start, g.\"end\", g.speaker, coalesce(p.name, ''), g.text, "       \
    "m.language"
#define MOIM_HIT_JOINS                                                                                       \
    " JOIN meetings m ON m.id = g.meeting LEFT JOIN speakers p ON p.meeting = g.meeting AND p.number = "     \
    "g.speaker "
int moim_read_hit(struct moim_store *s, sqlite3_stmt *st, struct moim_hit *h, struct moim_err *err);

#endif
