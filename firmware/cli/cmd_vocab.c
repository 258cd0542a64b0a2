/* moim vocab: the vocabulary, and suggestions from the user's corrections. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/library/vocab_suggestions.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static int list_vocab(struct moim_cli *cli, struct moim_store *s)
{
    struct moim_vocab_row *rows;
    int n, rc = moim_vocab_list(s, &rows, &n, &cli->err);
    if (rc) return rc;
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n; i++) {
        if (!cli->json) {
            printf("%s%s%s\n", rows[i].word, *rows[i].sounds_like ? "\t" : "", rows[i].sounds_like);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "word", rows[i].word);
        cJSON_AddStringToObject(o, "sounds_like", rows[i].sounds_like);
        moim_json_append(all, o);
    }
    moim_vocab_free(rows, n);
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
}

static int list_suggestions(struct moim_cli *cli, const struct moim_suggestion *list, int n)
{
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n; i++) {
        if (!cli->json) {
            printf("%s\theard as %s\t%d\n", list[i].word, list[i].heard, list[i].count);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "word", list[i].word);
        cJSON_AddStringToObject(o, "heard", list[i].heard);
        cJSON_AddNumberToObject(o, "count", list[i].count);
        moim_json_append(all, o);
    }
    if (cli->json) return moim_print_json(cli, all);
    if (n && !cli->quiet)
        fprintf(stderr, "moim: `moim vocab suggest --accept [WORD...]` adds them to the vocabulary\n");
    return MOIM_OK;
}

/* Accepts the named suggestions, or all, and prints them. */
static int accept(struct moim_cli *cli, struct moim_store *s, const struct moim_suggestion *list, int n,
                  char **words, int n_words)
{
    int rc = MOIM_OK, taken = 0;
    for (int i = 0; !rc && i < n; i++) {
        bool chosen = !n_words;
        for (int k = 0; k < n_words; k++) chosen |= !strcmp(words[k], list[i].word);
        if (!chosen) continue;
        rc = moim_vocab_add(s, list[i].word, "", &cli->err);
        taken++;
        if (!rc && !cli->quiet) puts(list[i].word);
    }
    if (!rc && taken < n_words)
        rc = moim_fail(&cli->err, MOIM_ENOENT, "not among the suggestions: see moim vocab suggest");
    return rc;
}

static int suggest(struct moim_cli *cli, struct moim_store *s, bool take, char **words, int n_words)
{
    struct moim_suggestion *list;
    int n, rc = moim_suggest(s, &list, &n, &cli->err);
    if (rc) return rc;
    rc = take ? accept(cli, s, list, n, words, n_words) : list_suggestions(cli, list, n);
    moim_suggestions_free(list, n);
    return rc;
}

static int run_vocab(struct moim_cli *cli, int argc, char **argv)
{
    const char *sounds = "";
    bool take = false;
    struct moim_opt opts[] = {
        {"sounds-like", MOIM_OPT_STR, "TEXT", "with add: another way to say or write the word", &sounds},
        {"accept", MOIM_OPT_FLAG, NULL, "with suggest: take the named words, or all, into the vocabulary",
         &take}};
    int n = moim_cli_args(cli, opts, 2, argc, argv, 0, -1);
    if (n < 0) return n;
    const char *what = n ? argv[0] : "list";
    bool add = !strcmp(what, "add") && (n == 2 || (n == 3 && !*sounds)),
         removing = !strcmp(what, "remove") && n > 1, suggesting = !strcmp(what, "suggest");
    if (!add && !removing && !(suggesting && (n == 1 || take)) && (strcmp(what, "list") || n > 1))
        return moim_fail(
            &cli->err, MOIM_EINVAL,
            "usage: moim vocab list | add WORD [OTHER-FORM] | remove WORD... | suggest [--accept "
            "[WORD...]]");
    struct moim_store *s;
    int rc = moim_cli_text(cli, "word", add ? argv[1] : NULL);
    if (!rc) rc = moim_cli_text(cli, "other form", add && n == 3 ? argv[2] : sounds);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (add) rc = moim_vocab_add(s, argv[1], n == 3 ? argv[2] : sounds, &cli->err);
    for (int i = 1; removing && !rc && i < n; i++) rc = moim_vocab_remove(s, argv[i], &cli->err);
    if (suggesting) rc = suggest(cli, s, take, argv + 1, n - 1);
    if (!rc && !add && !removing && !suggesting) rc = list_vocab(cli, s);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_vocab = {
    "vocab", "list | add WORD [OTHER-FORM] | remove WORD... | suggest [--accept [WORD...]]",
    "teach words that the recogniser should expect",
    "OTHER-FORM is another way to write or say the word: vocab add 하이퍼클로바 HyperCLOVA. Suggestions come from your\n"
    "corrections and wait until you accept them.",
    run_vocab};
