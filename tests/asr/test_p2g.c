/* Spelling against hama's own engine (tests/golden/make_p2g.py). */
#include "asr/p2g.h"
#include "testing.h"

static struct moim_p2g *net;

static int open_net(void **state)
{
    (void)state;
    struct moim_err err;
    assert_ok(moim_p2g_open(&net, test_model("p2g.hama"), test_model("p2g_vocab.json"), NULL, &err), err);
    return 0;
}

static int close_net(void **state)
{
    (void)state;
    moim_p2g_close(net);
    return 0;
}

static void spells_as_hama_does(void **state)
{
    (void)state;
    FILE *f = fopen("tests/asr/golden/p2g.txt", "r");
    assert_non_null(f);
    char line[2048], text[MOIM_P2G_MAX_TEXT];
    int all = 0, same = 0;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        char *want = strchr(line, '\t'), *save;
        assert_non_null(want);
        *want++ = 0;
        int ids[256], n = 0;
        for (char *s = strtok_r(line, " ", &save); s; s = strtok_r(NULL, " ", &save))
            ids[n++] = moim_p2g_id(net, s);
        struct moim_err err;
        assert_ok(moim_p2g_run(net, ids, n, text, &err), err);
        all++;
        if (!strcmp(text, want))
            same++;
        else
            printf("hama: %s\nours: %s\n", want, text);
    }
    fclose(f);
    assert_int_equal(all, 30);
    assert_int_equal(same, all);
}

static void any_input_gives_an_end(void **state)
{
    (void)state;
    char text[MOIM_P2G_MAX_TEXT];
    int ids[400];
    struct moim_err err;
    for (int i = 0; i < 400; i++) ids[i] = i * 7919 - 4000;
    assert_ok(moim_p2g_run(net, ids, 400, text, &err), err);
    assert_true(strlen(text) < MOIM_P2G_MAX_TEXT);
    assert_ok(moim_p2g_run(net, ids, 0, text, &err), err);
    assert_string_equal(text, "");
    assert_int_equal(moim_p2g_id(net, "no such sound"), moim_p2g_id(net, "<unk>"));
}

static void another_net_is_refused(void **state)
{
    (void)state;
    struct moim_p2g *p;
    struct moim_err err;
    assert_int_equal(moim_p2g_open(&p, test_model("encoder.hama"), test_model("p2g_vocab.json"), NULL, &err),
                     MOIM_EFORMAT);
    assert_int_equal(moim_p2g_open(&p, test_model("p2g.hama"), test_model("g2p_vocab.json"), NULL, &err),
                     MOIM_EFORMAT);
    assert_null(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spells_as_hama_does),
        cmocka_unit_test(any_input_gives_an_end),
        cmocka_unit_test(another_net_is_refused),
    };
    return cmocka_run_group_tests(tests, open_net, close_net);
}
