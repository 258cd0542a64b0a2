/* What a meeting was about: topics, title and points, with the sentence encoder and without. */
#include "testing.h"

#include "summarize/minutes.h"

static struct moim_err err;

struct line {
    const char *who, *text;
};

#define TURNS 64
static struct moim_turn_text turn[TURNS];
static int n_turns;

static void say(const char *who, const char *what)
{
    assert_true(n_turns < TURNS);
    turn[n_turns] = (struct moim_turn_text){n_turns * 8, n_turns * 8 + 7, who, what};
    n_turns++;
}

static int reset(void **state)
{
    (void)state;
    n_turns = 0;
    return 0;
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

/* encoder: NULL for none. */
static void write_up(const char *language, struct moim_embed *encoder, struct moim_minutes *m)
{
    struct moim_minutes_request req = {
        .turns = turn, .n_turns = n_turns, .language = language, .date = {2026, 11, 24}};
    if (encoder) {
        assert_ok(moim_turn_states(encoder, req.turns, req.n_turns, NULL, &req.state, &err), err);
        req.encoder = encoder;
    }
    assert_ok(moim_minutes_write(NULL, &req, m, &err), err);
    free(req.state);
}

/* Without the sentence encoder and with it. */
static void both_ways(void (*expect)(struct moim_embed *encoder))
{
    struct moim_embed *encoder;
    expect(NULL);
    assert_ok(moim_embed_open(&encoder, test_model("e5-small-q4.bin"), NULL, &err), err);
    expect(encoder);
    moim_embed_close(encoder);
}

static void expect_subjects(struct moim_embed *encoder)
{
    struct moim_minutes m;
    write_up("en", encoder, &m);
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
    for (const struct line *l = grant; l->who; l++) say(l->who, l->text);
    both_ways(expect_subjects);
}

static void expect_facts(struct moim_embed *encoder)
{
    struct moim_minutes m;
    char points[4096] = "", summary[4096] = "";
    write_up("ko", encoder, &m);
    for (int i = 0; i < m.n; i++) {
        char *to = !strcmp(m.items[i].kind, "key_point") ? points
                   : !strcmp(m.items[i].kind, "summary") ? summary
                                                         : NULL;
        if (to) strncat(to, m.items[i].text, 4000 - strlen(to));
    }
    assert_non_null(strstr(points, "삼백이십 건"));
    assert_non_null(strstr(points, "4,800원"));
    assert_non_null(strstr(summary, "삼백이십 건"));
    moim_minutes_free(&m);
}

/* What is told with a number is kept as a point and named in the summary; chat, questions and promises are not. */
static void points_are_facts(void **state)
{
    (void)state;
    static const char *const chat[] = {"아 진짜 그 집 커피는 왜 그렇게 맛이 없는지 모르겠네요",
                                       "그러게요 어제도 다들 그 얘기를 하시더라고요",
                                       "우리 애도 요즘 그 노래만 하루 종일 불러서 죽겠어요"};
    for (int i = 0; i < 12; i++) say(i % 2 ? "유라" : "재민", chat[i % 3]);
    say("팀장", "지난달 반품이 삼백이십 건이고 그중 절반이 포장 파손이었습니다");
    say("유라", "택배비는 상자당 4,800원으로 올랐습니다");
    for (int i = 0; i < 12; i++) say(i % 2 ? "재민" : "유라", chat[(i + 1) % 3]);
    both_ways(expect_facts);
}

static void talk_about_nothing_has_no_topic(void **state)
{
    (void)state;
    struct moim_minutes m;
    struct moim_embed *encoder;
    assert_ok(moim_embed_open(&encoder, test_model("e5-small-q4.bin"), NULL, &err), err);
    for (const struct line *l = banter; l->who; l++) say(l->who, l->text);
    write_up("en", encoder, &m);
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
        cmocka_unit_test_setup(a_title_names_the_matter_and_no_topic_an_aside, reset),
        cmocka_unit_test_setup(points_are_facts, reset),
        cmocka_unit_test_setup(talk_about_nothing_has_no_topic, reset),
        cmocka_unit_test(words_have_the_mean_of_their_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
