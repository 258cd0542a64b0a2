/* The English summary with a scripted model: who did what, first what the meeting was about; what was not said is left out. */
#include "testing.h"

#include "summarize/findings.h"
#include "summarize/language.h"
#include "summarize/minutes.h"

static struct moim_err err;

static const struct moim_turn_text meeting[] = {
    {0, 8, "Ann",
     "We had 1,200 visitors at the garden fair last week, twice as many as the year before, because the weather held."},
    {8, 16, "Ben", "The entrance was crowded though, people waited twenty minutes for their tickets."},
    {16, 24, "Ann", "Tickets could be sold online next year, then the entrance needs one person only."},
    {24, 30, "Ben", "Good, let's sell the tickets online next year."},
    {30, 38, "Ann", "The plant market earned 900 euros, which pays for the new greenhouse roof."},
    {38, 44, "Ben", "I will ask the roofer for an offer by Friday."},
};
#define TURNS (int)(sizeof meeting / sizeof *meeting)

struct script {
    const char *first, *second; /* what the two speakers did */
    int reports, wholes;
};

/* A report begins with who spoke most, which is Ann; the grammar refuses any other order. */
static int reply(void *arg, const char *prompt, char *out, size_t cap)
{
    struct script *s = arg;
    const struct moim_prompts *p = &moim_language_get("en")->prompt;
    if (strstr(prompt, "report on a part of it as JSON"))
        snprintf(
            out, cap,
            "{\"report\":[{\"who\":\"Ann presented\",\"what\":\"%s\"},{\"who\":\"Ben suggested\",\"what\":\"%s\"},"
            "{\"who\":\"The group decided on\",\"what\":\"tickets sold online next year\"}]}",
            s->first, s->second),
            s->reports++;
    else if (strstr(prompt, p->whole))
        snprintf(out, cap, "{\"title\":\"Garden fair\",\"about\":\"the garden fair and its tickets\"}"),
            s->wholes++;
    else if (strstr(prompt, p->topic))
        snprintf(out, cap,
                 "{\"topic\":\"Garden fair\",\"points\":[{\"text\":\"1,200 visitors at the garden fair\"}]}");
    else if (strstr(prompt, p->word))
        snprintf(out, cap, "{\"text\":\"nothing that was said\"}");
    else if (strstr(prompt, p->judge))
        snprintf(out, cap, "{\"kind\":\"none\"}");
    else
        return MOIM_EINVAL;
    return MOIM_OK;
}

static struct moim_minutes minutes(struct script *s)
{
    struct moim_script script = {reply, s};
    struct moim_findings none = {.n = 0};
    struct moim_minutes_request req = {.turns = meeting,
                                       .n_turns = TURNS,
                                       .language = "en",
                                       .date = {2026, 5, 12},
                                       .findings = &none,
                                       .script = &script,
                                       .strength = MOIM_STRENGTH_WRITES};
    struct moim_minutes m;
    assert_ok(moim_minutes_write(NULL, &req, &m, &err), err);
    return m;
}

static bool said(const struct moim_minutes *m, const char *words)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, "summary") && strstr(m->items[i].text, words)) return true;
    return false;
}

static void the_report_is_told_and_cites_its_turns(void **state)
{
    (void)state;
    struct script s = {.first = "1,200 visitors at the garden fair, twice as many as the year before",
                       .second = "that people waited twenty minutes for their tickets"};
    struct moim_minutes m = minutes(&s);
    assert_int_equal(s.reports, 1);
    assert_true(said(&m, "1,200 visitors"));
    assert_true(said(&m, "twenty minutes"));
    assert_true(said(&m, "tickets sold online"));
    for (int i = 0; i < m.n; i++)
        if (!strcmp(m.items[i].kind, "summary")) assert_true(m.items[i].n_evidence > 0);
    moim_minutes_free(&m);
}

static void what_nobody_said_is_left_out(void **state)
{
    (void)state;
    struct script s = {.first = "4,800 visitors and a profit of two million dollars",
                       .second = "I think we should let's sell them online?"};
    struct moim_minutes m = minutes(&s);
    assert_false(said(&m, "4,800"));
    assert_false(said(&m, "million"));
    assert_false(said(&m, "let's")); /* a copy of speech is no report */
    assert_true(said(&m, "tickets"));
    moim_minutes_free(&m);
}

/* "The group discussed to sell ..." is no English; words of many turns make a phrase that nobody said. */
static void a_phrase_is_a_thing_said_in_one_place(void **state)
{
    (void)state;
    struct script s = {.first = "to sell the tickets online next year",
                       .second = "the greenhouse roofer's offer for weather visitors, a profit and a loss"};
    struct moim_minutes m = minutes(&s);
    assert_false(said(&m, " to sell"));
    assert_false(said(&m, "profit"));
    moim_minutes_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_report_is_told_and_cites_its_turns),
                                       cmocka_unit_test(what_nobody_said_is_left_out),
                                       cmocka_unit_test(a_phrase_is_a_thing_said_in_one_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
