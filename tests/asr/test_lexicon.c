/* Word lists and the lexicon: what is written comes back, and nothing damaged is believed. */
#include "asr/lexicon.h"
#include "asr/wordlist.h"
#include "testing.h"

#include <math.h>
#include <stdbool.h>
#include <unistd.h>
#include <zlib.h>

/* ---- word lists ---- */

static const uint8_t list[] = {0x94, 0x82, 0xA6, 'f',  'o',  'r', 'm', 'a',  't', 0xA2, 'c',  'B',
                               0xA7, 'v',  'e',  'r',  's',  'i', 'o', 'n',  1,   0x90, 0x91, 0xA3,
                               't',  'h',  'e',  0x92, 0xA2, 'o', 'f', 0xD9, 2,   't',  'o'};

static void a_list_gives_words_with_their_frequencies(void **state)
{
    (void)state;
    struct moim_wordlist w;
    struct moim_err err;
    assert_ok(moim_wordlist_parse(&w, list, sizeof list, 0, "test", &err), err);
    assert_int_equal(w.n, 3);
    assert_string_equal(w.text + w.at[0], "the");
    assert_string_equal(w.text + w.at[2], "to");
    assert_true(fabs(w.logp[0] + 0.01 * log(10)) < 1e-6 && fabs(w.logp[1] + 0.02 * log(10)) < 1e-6);
    moim_wordlist_free(&w);
    assert_ok(moim_wordlist_parse(&w, list, sizeof list, 1, "test", &err), err);
    assert_int_equal(w.n, 1);
    moim_wordlist_free(&w);
}

static void a_list_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof list; n++) {
        uint8_t *copy = malloc(n + 1); /* of its own size, so that ASan sees a read behind its end */
        struct moim_wordlist w;
        assert_non_null(copy);
        memcpy(copy, list, n);
        assert_int_equal(moim_wordlist_parse(&w, copy, n, 0, "test", NULL), MOIM_EFORMAT);
        free(copy);
    }
}

static void the_fetched_list_opens_and_a_cut_one_does_not(void **state)
{
    (void)state;
    struct moim_wordlist w;
    struct moim_err err;
    const char *path = test_model("wordfreq-large-en.msgpack.gz");
    assert_ok(moim_wordlist_open(&w, path, 1000, &err), err);
    assert_string_equal(w.text + w.at[0], "the");
    assert_int_equal(w.n, 1000);
    for (int i = 1; i < w.n; i++) assert_true(w.logp[i] <= w.logp[i - 1]);
    moim_wordlist_free(&w);
    char cut[] = "/tmp/moim-list-XXXXXX", bytes[20000];
    FILE *in = fopen(path, "rb");
    int fd = mkstemp(cut);
    assert_true(in && fd >= 0 && fread(bytes, 1, sizeof bytes, in) == sizeof bytes);
    assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    fclose(in);
    close(fd);
    assert_int_equal(moim_wordlist_open(&w, cut, 0, &err), MOIM_EFORMAT);
    unlink(cut);
}

/* ---- the lexicon ---- */

static const uint8_t p_abc[] = {5, 6, 7}, p_ab[] = {5, 6}, p_x[] = {9};
static const struct moim_pronunciation words[] = {{"abc", -3, p_abc, 3},
                                                  {"ab", -2, p_ab, 2},
                                                  {"abby", -1, p_ab, 2},
                                                  {"x", -5, p_x, 1},
                                                  {"mute", -1, NULL, 0}};

static const struct moim_lex_node *down(const struct moim_lexicon *l, const uint8_t *p, int n)
{
    const struct moim_lex_node *at = l->node;
    for (int i = 0; i < n; i++) {
        const struct moim_lex_node *next = NULL;
        for (uint32_t k = at->child; k < at->child + at->n_children; k++)
            if (l->node[k].phoneme == p[i]) next = &l->node[k];
        assert_non_null(next);
        at = next;
    }
    return at;
}

static void check(const struct moim_lexicon *l)
{
    assert_int_equal(l->n_words, 4);
    assert_int_equal(l->n_nodes, 5);
    const struct moim_lex_node *ab = down(l, p_ab, 2), *abc = down(l, p_abc, 3);
    assert_int_equal(ab->n_words, 2);
    assert_string_equal(moim_lexicon_word(l, l->entry[ab->entry]), "abby"); /* the more frequent one first */
    assert_string_equal(moim_lexicon_word(l, l->entry[ab->entry + 1]), "ab");
    assert_string_equal(moim_lexicon_word(l, l->entry[abc->entry]), "abc");
    assert_true(ab->best == -1 && abc->best == -3 && l->node->best == -1);
}

static void what_is_saved_opens_the_same(void **state)
{
    (void)state;
    struct moim_lexicon *l;
    struct moim_err err;
    char dir[] = "/tmp/moim-lex-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/lexicon.bin", dir);
    assert_ok(moim_lexicon_build(&l, words, 5, 77, &err), err);
    check(l);
    assert_ok(moim_lexicon_save(l, path, &err), err);
    moim_lexicon_close(l);
    assert_ok(moim_lexicon_open(&l, path, &err), err);
    check(l);
    assert_int_equal(moim_lexicon_source(l), 77);
    moim_lexicon_close(l);
    unlink(path);
    assert_int_equal(rmdir(dir), 0); /* nothing half written lies beside it */
}

/* Any byte changed is noticed: in the header by the sizes or the version, behind it by the sum. */
static void one_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct moim_lexicon *l, *seen;
    struct moim_err err;
    assert_ok(moim_lexicon_build(&l, words, 5, 0, &err), err);
    uint8_t *copy = malloc(l->size);
    assert_non_null(copy);
    for (size_t i = 0; i < l->size; i++) {
        if (i >= 12 && i < 16) continue; /* the caller's own number may be anything */
        if (i >= 36 && i < 40) continue; /* and the last word of the header is unused */
        memcpy(copy, l->bytes, l->size);
        copy[i] ^= 0x41;
        assert_true(moim_lexicon_view(&seen, copy, l->size, "test", NULL) < 0);
    }
    assert_int_equal(moim_lexicon_view(&seen, copy, l->size - 1, "test", NULL), MOIM_EFORMAT);
    memcpy(copy, l->bytes, l->size);
    copy[8]++;
    assert_int_equal(moim_lexicon_view(&seen, copy, l->size, "test", NULL), MOIM_EVERSION);
    free(copy);
    moim_lexicon_close(l);
}

/* A file with a right sum may still be made to harm. */
static void a_node_that_points_back_is_refused(void **state)
{
    (void)state;
    struct moim_lexicon *l, *seen;
    struct moim_err err;
    assert_ok(moim_lexicon_build(&l, words, 5, 0, &err), err);
    uint8_t *copy = malloc(l->size);
    assert_non_null(copy);
    for (uint32_t i = 0; i < l->n_nodes; i++) {
        memcpy(copy, l->bytes, l->size);
        struct moim_lex_node *n = (struct moim_lex_node *)(void *)(copy + 40) + i;
        if (!n->n_children) continue;
        n->child = i;
        uint32_t sum = (uint32_t)crc32(0, copy + 40, (uInt)(l->size - 40));
        memcpy(copy + 16, &sum, 4);
        assert_int_equal(moim_lexicon_view(&seen, copy, l->size, "test", NULL), MOIM_EFORMAT);
    }
    free(copy);
    moim_lexicon_close(l);
}

static void a_lexicon_is_made_from_the_word_list(void **state)
{
    (void)state;
    struct moim_g2p *g;
    struct moim_lexicon *l;
    struct moim_err err;
    char path[] = "/tmp/moim-lex-XXXXXX";
    close(mkstemp(path));
    assert_ok(moim_g2p_open(&g, test_model("encoder.hama"), test_model("decoder_step.hama"),
                            test_model("g2p_vocab.json"), &err),
              err);
    assert_ok(
        moim_lexicon_make(path, test_model("wordfreq-large-en.msgpack.gz"), g, 300, NULL, NULL, NULL, &err),
        err);
    assert_ok(moim_lexicon_open(&l, path, &err), err);
    uint8_t ids[MOIM_G2P_MAX_PHONEMES];
    int n;
    assert_ok(moim_g2p_word(g, "people", ids, &n, &err), err);
    const struct moim_lex_node *at = down(l, ids, n);
    assert_true(at->n_words >= 1);
    assert_string_equal(moim_lexicon_word(l, l->entry[at->entry]), "people");
    assert_in_range(l->n_words, 290, 300);
    moim_lexicon_close(l);
    moim_g2p_close(g);
    unlink(path);
}

/* Centibels: "of" 150, "the" 150, "to" 150, "day" 250 and "today" 300 among empty frequencies; "ofthe" at
 * 560. */
static void write_list(const char *path)
{
    static const struct {
        int cb;
        const char *words[3];
    } rank[] = {{150, {"of", "the", "to"}}, {250, {"day"}}, {300, {"today"}}, {560, {"ofthe"}}};
    gzFile f = gzopen(path, "wb");
    assert_non_null(f);
    /* An array of 562 elements, as MessagePack writes it: the header, then the words of -0, -1, ... cB. */
    assert_int_equal(gzwrite(f, "\xDC\x02\x32", 3), 3);
    assert_int_equal(gzwrite(f, list + 1, 20), 20);
    for (int cb = 0, r = 0; cb <= 560; cb++) {
        int n = 0;
        while (r < 4 && rank[r].cb == cb && n < 3 && rank[r].words[n]) n++;
        gzputc(f, 0x90 | n);
        for (int i = 0; i < n; i++) {
            gzputc(f, 0xA0 | (int)strlen(rank[r].words[i]));
            gzputs(f, rank[r].words[i]);
        }
        r += n > 0;
    }
    assert_int_equal(gzclose(f), Z_OK);
}

static void words_run_together_are_left_out(void **state)
{
    (void)state;
    struct moim_g2p *g;
    struct moim_lexicon *l;
    struct moim_err err;
    char path[] = "/tmp/moim-lex-XXXXXX", from[] = "/tmp/moim-list-XXXXXX";
    close(mkstemp(path));
    close(mkstemp(from));
    write_list(from);
    assert_ok(moim_g2p_open(&g, test_model("encoder.hama"), test_model("decoder_step.hama"),
                            test_model("g2p_vocab.json"), &err),
              err);
    assert_ok(moim_lexicon_make(path, from, g, 100, NULL, NULL, NULL, &err), err);
    assert_ok(moim_lexicon_open(&l, path, &err), err);
    assert_int_equal(l->n_words, 5);
    bool today = false;
    for (uint32_t i = 0; i < l->n_words; i++) {
        assert_string_not_equal(moim_lexicon_word(l, i), "ofthe");
        today |= !strcmp(moim_lexicon_word(l, i), "today");
    }
    assert_true(today);
    moim_lexicon_close(l);
    moim_g2p_close(g);
    unlink(path);
    unlink(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_gives_words_with_their_frequencies),
        cmocka_unit_test(a_list_cut_anywhere_is_refused),
        cmocka_unit_test(the_fetched_list_opens_and_a_cut_one_does_not),
        cmocka_unit_test(what_is_saved_opens_the_same),
        cmocka_unit_test(one_changed_byte_is_noticed),
        cmocka_unit_test(a_node_that_points_back_is_refused),
        cmocka_unit_test(a_lexicon_is_made_from_the_word_list),
        cmocka_unit_test(words_run_together_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
