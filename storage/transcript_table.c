/* Tables whose rows are turns: cells parted by tabs, as the readers of Word, Hangul and HTML write them, as text from a
 * spreadsheet has them, or Markdown's. A first row of known words names the columns; else what stands in them does. */
#include "storage/transcript_file_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COLUMNS 12
#define NAME_BYTES 60
#define NAME_WORDS 5

enum role { OTHER, TIME, END, NAME, TEXT, NUMBER };

static const struct {
    enum role role;
    const char *word;
} heads[] = {
    {TIME, "time"},   {TIME, "timestamp"},  {TIME, "start"},     {TIME, "start time"}, {TIME, "timecode"},
    {TIME, "시간"},   {TIME, "시각"},       {TIME, "시작"},      {TIME, "시작 시간"},  {TIME, "타임스탬프"},
    {END, "end"},     {END, "end time"},    {END, "끝"},         {END, "종료"},        {END, "종료 시간"},
    {NAME, "name"},   {NAME, "speaker"},    {NAME, "who"},       {NAME, "이름"},       {NAME, "화자"},
    {NAME, "발언자"}, {NAME, "발화자"},     {NAME, "성명"},      {NAME, "참석자"},     {TEXT, "text"},
    {TEXT, "words"},  {TEXT, "transcript"}, {TEXT, "content"},   {TEXT, "speech"},     {TEXT, "utterance"},
    {TEXT, "내용"},   {TEXT, "발언"},       {TEXT, "발언 내용"}, {TEXT, "대화"},       {TEXT, "대화 내용"},
    {TEXT, "발화"},   {NUMBER, "no"},       {NUMBER, "no."},     {NUMBER, "#"},        {NUMBER, "번호"},
    {NUMBER, "순번"}, {NUMBER, "id"},
};

/* What stands left of a meeting's facts: no names of speakers. */
static const char *const facts[] = {"날짜",   "일시",  "일자",    "장소",     "참석자",    "참가자",
                                    "안건",   "제목",  "회의명",  "주제",     "시간",      "date",
                                    "time",   "place", "where",   "location", "attendees", "participants",
                                    "agenda", "title", "subject", "topic"};

struct table {
    char *cell[COLUMNS]; /* of the row at hand */
    enum role role[COLUMNS];
    int columns;
    bool named, milliseconds; /* the first row names the columns; times are whole numbers */
};

/* A line's cells without blanks at their ends; the last keeps what is too much. In place; cells that lack are "". */
static int cut(char *s, char *cell[COLUMNS])
{
    int n = 0;
    for (bool more = true; more;) {
        char *end = n + 1 < COLUMNS ? strchr(s, '\t') : NULL;
        more = end != NULL;
        if (!end) end = s + strlen(s);
        char *next = end + 1;
        while (end > s && isspace((unsigned char)end[-1])) end--;
        *end = 0;
        cell[n++] = s + strspn(s, " \r\n");
        s = next;
    }
    for (int i = n; i < COLUMNS; i++) cell[i] = cell[n - 1] + strlen(cell[n - 1]);
    return n;
}

static enum role head_of(const char *cell)
{
    size_t n = strcspn(cell, "("); /* "Time (s)" */
    while (n && cell[n - 1] == ' ') n--;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (n == strlen(heads[i].word) && !strncasecmp(cell, heads[i].word, n)) return heads[i].role;
    return OTHER;
}

/* A cell that is a time, or begins a span of time: "0:05", "[0:05]", "0:05 - 0:09". */
static double clock_in(const char *cell)
{
    bool open = *cell && strchr("[(", *cell);
    size_t used;
    double at = moim_text_clock(cell + open, strlen(cell + open), &used);
    const char *rest = cell + open + (at < 0 ? 0 : used);
    return at >= 0 && strspn(rest, " 0123456789:.,-~])\xe2\x80\x93\x94") == strlen(rest) ? at : -1;
}

static bool is_who(const char *cell)
{
    size_t n = strlen(cell);
    int words = 1;
    bool letters = false;
    size_t used;
    if (moim_text_clock(cell + (*cell == '[' || *cell == '('), n - (*cell == '[' || *cell == '('), &used) >=
        0)
        return false; /* of a turn a line */
    if (!n || n > NAME_BYTES || strpbrk(cell, "?!\";<>|") || cell[n - 1] == '.') return false;
    for (const char *s = cell; *s; s++) {
        words += *s == ' ';
        letters = letters || isalpha((unsigned char)*s) || (*s & 0x80);
    }
    return letters && words <= NAME_WORDS;
}

static bool is_digits(const char *cell)
{
    return *cell && strspn(cell, "0123456789") == strlen(cell);
}

static int column_of(const struct table *t, enum role role)
{
    for (int c = 0; c < t->columns; c++)
        if (t->role[c] == role) return c;
    return -1;
}

/* The row's cells; they point into *own, which is freed. NULL: memory ran out. */
static char *read_row(const char *line, struct table *t)
{
    char *own = strdup(line);
    int n = own ? cut(own, t->cell) : 0;
    if (n > t->columns) t->columns = n;
    return own;
}

/* ---- which column is what ---- */

/* Words that name columns, of which each role has one at most. */
static bool is_heading(struct table *t)
{
    int seen[NUMBER + 1] = {0};
    for (int c = 0; c < COLUMNS; c++) {
        t->role[c] = head_of(t->cell[c]);
        if (t->role[c] != OTHER && seen[t->role[c]]++) return false;
    }
    return seen[TEXT] && (seen[TIME] || seen[NAME]);
}

/* What all cells of a column that hold something are. */
struct kind {
    int filled, clocks, names, digits;
    bool first; /* its first row is filled */
};

static int survey(struct moim_text_row *row, int from, int to, struct table *t, struct kind k[COLUMNS])
{
    int rows = 0;
    memset(k, 0, COLUMNS * sizeof *k);
    for (int i = from; i < to; i++) {
        if (!row[i].line) continue;
        char *own = read_row(row[i].line, t);
        if (!own) return -1;
        for (int c = 0; c < COLUMNS; c++) {
            if (!*t->cell[c]) continue;
            k[c].first = k[c].first || !rows;
            k[c].filled++;
            k[c].clocks += clock_in(t->cell[c]) >= 0;
            k[c].names += is_who(t->cell[c]);
            k[c].digits += is_digits(t->cell[c]);
        }
        free(own);
        rows++;
    }
    return rows;
}

static bool guess(struct table *t, const struct kind k[COLUMNS], int rows)
{
    int c = 0, rest;
    memset(t->role, 0, sizeof t->role);
    if (k[0].digits == rows && rows > 1) t->role[c++] = NUMBER;
    bool timed = c < t->columns && k[c].filled && k[c].clocks == k[c].filled;
    if (timed) t->role[c++] = TIME;
    if (timed && c < t->columns && k[c].filled == rows && k[c].clocks == rows) t->role[c++] = END;
    rest = t->columns - c;
    if (rest < 2 || !k[c].first || k[c].names < k[c].filled || !k[c + 1].filled) return false;
    t->role[c] = NAME;
    t->role[c + 1] = TEXT;
    return timed || (rest == 2 && rows > 1);
}

/* ---- its rows ---- */

static bool is_fact(const char *cell)
{
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (!strcasecmp(cell, facts[i])) return true;
    return false;
}

/* A row of facts beside their names ("Date", "2026-03-02") is none of turns. */
static int count_facts(struct moim_text_row *row, int from, int to, struct table *t)
{
    int n = 0;
    for (int i = from; i < to; i++) {
        if (!row[i].line) continue;
        char *own = read_row(row[i].line, t);
        if (!own) return -1;
        n += is_fact(t->cell[0]);
        free(own);
    }
    return n;
}

static double time_of(const struct table *t, enum role role)
{
    int c = column_of(t, role);
    if (c < 0 || !*t->cell[c]) return -1;
    double at = clock_in(t->cell[c]);
    if (at >= 0 || !t->named) return at;
    char *end;
    at = strtod(t->cell[c], &end);
    if (end == t->cell[c] || *end || !(at >= 0 && at < 1e10)) return -1;
    return t->milliseconds ? at / 1000 : at;
}

/* Cells of no role are said, too: nothing is lost. */
static char *said_in(const struct table *t)
{
    size_t n = 1;
    for (int c = 0; c < COLUMNS; c++) n += strlen(t->cell[c]) + 1;
    char *said = malloc(n), *to = said;
    for (int c = 0; said && c < t->columns; c++) {
        bool words = t->role[c] == TEXT || t->role[c] == OTHER ||
                     ((t->role[c] == TIME || t->role[c] == END) && time_of(t, t->role[c]) < 0);
        if (!words || !*t->cell[c]) continue;
        if (to > said) *to++ = ' ';
        to = stpcpy(to, t->cell[c]);
    }
    if (said) *to = 0;
    return said;
}

/* A name's cell that is empty belongs to the name above it. */
static int take_row(struct moim_text_row *r, struct table *t, const char **who)
{
    char *own = read_row(r->line, t);
    int name = column_of(t, NAME), heading = 0, filled = 0;
    if (!own) return MOIM_ENOMEM;
    for (int c = 0; c < t->columns; c++) {
        filled += *t->cell[c] != 0;
        heading +=
            *t->cell[c] && t->named && head_of(t->cell[c]) != OTHER && head_of(t->cell[c]) == t->role[c];
    }
    r->is = filled && heading == filled ? MOIM_ROW_HEAD : MOIM_ROW_TURN; /* the heading again on each page */
    r->at = time_of(t, TIME);
    r->end = time_of(t, END);
    r->who = strdup(name >= 0 && *t->cell[name] ? t->cell[name] : *who);
    r->said = said_in(t);
    if (r->who) *who = r->who;
    free(own);
    return r->who && r->said ? MOIM_OK : MOIM_ENOMEM;
}

/* Rows from to to, not all of which are rows of cells; *last: the table before, whose columns an unnamed one may have. */
static int read_table(struct moim_text_row *row, int from, int to, struct table *last)
{
    struct table t = {.columns = 0};
    struct kind k[COLUMNS];
    const char *who = "";
    char *own = read_row(row[from].line, &t);
    if (!own) return MOIM_ENOMEM;
    t.named = is_heading(&t);
    free(own);
    enum role named[COLUMNS];
    memcpy(named, t.role, sizeof named);
    int body = from + t.named, rows = survey(row, body, to, &t, k), n_facts = count_facts(row, body, to, &t);
    if (rows < 0 || n_facts < 0) return MOIM_ENOMEM;
    bool found = t.named || (!n_facts && guess(&t, k, rows));
    if (t.named) memcpy(t.role, named, sizeof named);
    if (!found && last->columns == t.columns && !n_facts) {
        t = *last;
        found = true;
    }
    if (!found) return MOIM_OK;
    int start = column_of(&t, TIME), end = column_of(&t, END);
    t.milliseconds = t.named && start >= 0 && end >= 0 && k[start].digits == rows && k[end].digits == rows;
    if (t.named) row[from].is = MOIM_ROW_HEAD;
    int rc = MOIM_OK;
    for (int i = body; !rc && i < to; i++)
        if (row[i].line) rc = take_row(&row[i], &t, &who);
    *last = t;
    return rc;
}

/* Past the table's last row: blank lines may part its rows, but not from the heading of another. */
static int end_of(const struct moim_text_row *row, int from, int n)
{
    int to = from + 1;
    for (; to < n && (row[to].line || row[to].blank); to++) {
        struct table t = {.columns = 0};
        char *own = row[to].line && row[to - 1].blank ? read_row(row[to].line, &t) : NULL;
        bool heading = own && is_heading(&t);
        free(own);
        if (heading) break;
    }
    return to;
}

int moim_text_tables(struct moim_text_row *row, int n)
{
    struct table last = {.columns = 0};
    int rc = MOIM_OK;
    for (int i = 0, to; !rc && i < n; i = to) {
        to = row[i].line ? end_of(row, i, n) : i + 1;
        if (row[i].line) rc = read_table(row, i, to, &last);
    }
    return rc;
}
