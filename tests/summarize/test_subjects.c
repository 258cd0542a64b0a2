/* What a meeting was about: topics, title and what was discussed, with the sentence encoder and without. */
#include "testing.h"

#include "summarize/minutes.h"

static struct moim_err err;

struct line {
    const char *who, *text;
};

#define TURNS 64
static struct moim_turn_text turn[TURNS];

static int read_talk(const struct line *talk)
{
    int n = 0;
    for (; talk[n].who; n++) {
        assert_true(n < TURNS);
        turn[n] = (struct moim_turn_text){n * 8, n * 8 + 7, talk[n].who, talk[n].text};
    }
    return n;
}

static const struct line grant[] = {
    {"Moira", "Right, everybody here? Has anyone seen my glasses?"},
    {"Tom", "They're on your head, Moira."},
    {"Moira", "So, the roof grant. The county wrote back on Monday about the roof grant."},
    {"Ann", "And? Do we get it?"},
    {"Moira", "They pay half if the application is in by the first of March."},
    {"Tom", "Half of the roof is eleven thousand, that's a lot of raffles."},
    {"Ann", "The application needs two quotes for the roof, doesn't it?"},
    {"Moira", "Two quotes and the surveyor's letter, yes."},
    {"Tom", "I can get the quotes. I'll ring both roofers tomorrow."},
    {"Ann", "I'll write the application, then. The grant people know me."},
    {"Moira", "Good. And the heating? The heating bill came."},
    {"Ann", "How bad is the heating bill this time?"},
    {"Moira", "Two thousand two hundred for the heating, since October."},
    {"Tom", "We could turn the heating down in the small hall."},
    {"Moira", "Yes, let's do that, sixteen degrees in the small hall. Agreed?"},
    {"Ann", "Agreed."},
    {NULL, NULL}};

static const struct line banter[] = {
    {"Joe", "Ha, you again!"},          {"Sue", "Me again, yes."},    {"Joe", "You look well."},
    {"Sue", "I don't, but thank you."}, {"Joe", "No, no, really."},   {"Sue", "Oh stop it."},
    {"Joe", "All right, all right."},   {"Sue", "Ha ha. Well then."}, {NULL, NULL}};

static const char *first_text(const struct moim_minutes *m, const char *kind)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->items[i].kind, kind)) return m->items[i].text;
    return "";
}

static void write_up(const struct line *talk, struct moim_embed *encoder, struct moim_minutes *m)
{
    struct moim_minutes_request req = {
        .turns = turn, .n_turns = read_talk(talk), .language = "en", .date = {2026, 2, 3}};
    if (encoder) {
        assert_ok(moim_turn_states(encoder, req.turns, req.n_turns, NULL, &req.state, &err), err);
        req.encoder = encoder;
    }
    assert_ok(moim_minutes_write(NULL, &req, m, &err), err);
    free(req.state);
}

static void expect_subjects(struct moim_embed *encoder)
{
    struct moim_minutes m;
    write_up(grant, encoder, &m);
    const char *title = first_text(&m, "title");
    if (!strcasestr(title, "grant") && !strcasestr(title, "heating") && !strcasestr(title, "roof"))
        fail_msg("the title is '%s'", title);
    for (int i = 0; i < m.n; i++)
        if (!strcmp(m.items[i].kind, "topic") &&
            (strcasestr(m.items[i].text, "glasses") || strcasestr(m.items[i].text, "head")))
            fail_msg("'%s' was an aside", m.items[i].text);
    moim_minutes_free(&m);
}

static void a_title_names_the_matter_and_no_topic_an_aside(void **state)
{
    (void)state;
    struct moim_embed *encoder;
    expect_subjects(NULL);
    assert_ok(moim_embed_open(&encoder, test_model("e5-small-q4.bin"), NULL, &err), err);
    expect_subjects(encoder);
    moim_embed_close(encoder);
}

static void talk_about_nothing_has_no_topic(void **state)
{
    (void)state;
    struct moim_minutes m;
    struct moim_embed *encoder;
    assert_ok(moim_embed_open(&encoder, test_model("e5-small-q4.bin"), NULL, &err), err);
    write_up(banter, encoder, &m);
    assert_string_equal(first_text(&m, "topic"), "");
    assert_true(*first_text(&m, "title"));
    moim_minutes_free(&m);
    moim_embed_close(encoder);
}

/* Words by themselves: the mean of what a question of them has, its marks left out. */
static void words_have_the_mean_of_their_states(void **state)
{
    (void)state;
    enum { MOST = 66 };
    static float all[MOST][MOIM_EMBED_DIM], words[MOIM_EMBED_DIM];
    struct moim_embed *m;
    assert_ok(moim_embed_open(&m, test_model("e5-small-q4.bin"), NULL, &err), err);
    int n = moim_embed_question_states(m, "roof grant", all[0], MOST, &err);
    assert_in_range(n, 4, MOST);
    assert_ok(moim_embed_words(m, "roof grant", words, &err), err);
    for (int k = 0; k < MOIM_EMBED_DIM; k++) {
        double sum = 0;
        for (int i = 1; i < n - 1; i++) sum += (double)all[i][k];
        assert_float_equal(words[k], sum / (n - 2), 1e-4);
    }
    moim_embed_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_names_the_matter_and_no_topic_an_aside),
        cmocka_unit_test(talk_about_nothing_has_no_topic),
        cmocka_unit_test(words_have_the_mean_of_their_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
