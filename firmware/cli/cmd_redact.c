/* moim redact: a meeting without what must not go on. */
#include "firmware/cli/commands.h"
#include "firmware/library/redact.h"
#include "firmware/library/removal.h"
#include "firmware/pipeline/semantic_index.h"

#include <math.h>
#include <string.h>

static int report(const struct moim_cli *cli, int64_t id, const struct moim_redacted *done)
{
    if (cli->json)
        printf("{\"id\": %lld, \"lines\": %d, \"minutes\": %d, \"sound_s\": %.1f}\n", (long long)id,
               done->lines, done->items, done->seconds);
    else
        printf("%lld\n", (long long)id);
    if (!cli->json && !cli->quiet)
        fprintf(stderr, "moim: %d lines, %d statements of the minutes, %.1f s of sound\n", done->lines,
                done->items, done->seconds);
    return MOIM_OK;
}

static int check_words(struct moim_cli *cli, char **words, int n)
{
    for (int i = 0; i < n; i++) {
        int rc = moim_cli_text(cli, "passage", words[i]);
        if (rc) return rc;
        if (!*words[i]) return moim_fail(&cli->err, MOIM_EINVAL, "redact: an empty passage");
    }
    return MOIM_OK;
}

static int run_redact(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_redaction how = {0};
    bool delete_original = false;
    struct moim_opt opts[] = {
        {"names", MOIM_OPT_FLAG, NULL, "the speakers' names, as labels and where they are said", &how.names},
        {"numbers", MOIM_OPT_FLAG, NULL, "numbers of two figures and more", &how.numbers},
        {"from", MOIM_OPT_NUM, "SECONDS", "everything that is said from here ...", &how.from},
        {"to", MOIM_OPT_NUM, "SECONDS", "... to here", &how.to},
        {"tone", MOIM_OPT_FLAG, NULL, "a tone in the sound instead of silence", &how.tone},
        {"delete-original", MOIM_OPT_FLAG, NULL, "delete the original for good afterwards", &delete_original},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, -1);
    if (n < 0) return n;
    if (!(how.from >= 0) || (how.to != 0 && !(how.to > how.from)) || !isfinite(how.to))
        return moim_fail(&cli->err, MOIM_EINVAL,
                         "redact: --from and --to are seconds, the first before the second");
    if (n < 2 && !how.names && !how.numbers && how.to <= how.from)
        return moim_fail(&cli->err, MOIM_EINVAL, "redact: say WORDS, --names, --numbers or --from with --to");
    how.words = (const char *const *)argv + 1;
    how.n_words = n - 1;
    long long id;
    int64_t made = 0;
    struct moim_store *s;
    struct moim_redacted done;
    int rc = moim_cli_id(cli, argv[0], &id);
    if (!rc) rc = check_words(cli, argv + 1, n - 1);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_redact(s, id, &how, &made, &done, &cli->err);
    if (!rc && delete_original) rc = moim_delete(s, id, &cli->err);
    if (!rc) moim_embed_again(s, made);
    moim_store_close(s);
    return rc ? rc : report(cli, made, &done);
}

const struct moim_command moim_command_redact = {
    "redact", "ID [WORDS...]", "a copy of a meeting without names, numbers or passages, in words and sound",
    "Replaces in the transcript, the minutes, the marks and the sound, and prints the new meeting's id; the original stays\n"
    "unless --delete-original is given. Look the copy over: a word that was misheard is not found.",
    run_redact};
