#include "testing.h"

#include "summarize/findings.h"

#include <ctype.h>

/* Who does it and until when, in dialogues of a few lines: days-ko.txt and days-en.txt, written from how people name
 * days. Each has one task. */

#define TURNS 8
#define FIELD " | "

static struct moim_err err;

/* Cuts at the next mark; the rest, or NULL. */
static char *cut(char *s, const char *mark)
{
    char *p = strstr(s, mark);
    if (!p) return NULL;
    *p = 0;
    return p + strlen(mark);
}

static int read_turns(char *talk, struct moim_turn_text turns[TURNS])
{
    int n = 0;
    for (char *next = NULL; talk && n < TURNS; talk = next) {
        next = cut(talk, " / ");
        char *said = cut(talk, ": ");
        assert_non_null(said);
        turns[n++] = (struct moim_turn_text){.speaker = talk, .text = said};
    }
    return n;
}

static bool right(const struct moim_findings *f, const char *owner, const char *day, char *got, size_t cap)
{
    int tasks = 0, hits = 0;
    *got = 0;
    for (int i = 0; i < f->n; i++) {
        const struct moim_finding *t = &f->list[i];
        if (t->kind != MOIM_FOUND_ACTION) continue;
        const char *due = *t->due_date ? t->due_date : "-";
        size_t at = strlen(got);
        snprintf(got + at, cap - at, " [%s %s]", t->owner, due);
        tasks++;
        hits += !strcmp(t->owner, owner) && !strcmp(due, day);
    }
    return hits == 1 && tasks == 1;
}

/* Prints what is wrong; returns whether it is right. */
static bool dialogue(char *line, const char *language, struct moim_date date)
{
    char got[1024], *owner = line, *day = cut(line, FIELD), *talk = day ? cut(day, FIELD) : NULL;
    char said[1024];
    struct moim_turn_text turns[TURNS];
    struct moim_findings f;
    if (!talk) fail_msg("%s", line);
    snprintf(said, sizeof said, "%s", talk ? talk : "");
    struct moim_minutes_request req = {
        .turns = turns, .n_turns = read_turns(talk, turns), .language = language, .date = date};
    assert_ok(moim_findings_get(&req, &f, &err), err);
    bool ok = right(&f, owner, day, got, sizeof got);
    if (!ok) print_error("%s %s, not%s: %s\n", owner, day, *got ? got : " none", said);
    moim_findings_free(&f);
    return ok;
}

static void all_of(const char *language)
{
    char path[64], line[2048];
    int n = 0, wrong = 0;
    struct moim_date date = {0};
    snprintf(path, sizeof path, "tests/summarize/days-%s.txt", language);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (*line == '@') assert_true(moim_date_parse(line + 2, &date));
        if (!*line || *line == '#' || *line == '@') continue;
        n++;
        wrong += !dialogue(line, language, date);
    }
    fclose(f);
    if (wrong || n < 100) fail_msg("%s: %d of %d wrong", language, wrong, n);
}

static void korean(void **state)
{
    (void)state;
    all_of("ko");
}

static void english(void **state)
{
    (void)state;
    all_of("en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(korean), cmocka_unit_test(english)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
