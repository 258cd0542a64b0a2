/* The tokens of lines, for comparing with another tokenizer (tests/bench/agree_tokens.py).
 *   tokens MODEL FLAGS < LINES     FLAGS: 1 BOS, 2 control tokens recognised
 * A line of the input is a text in hex ("-" if empty), a line of the output its ids. */
#include "lm/tokenizer.h"
#include "nn/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t unhex(const char *s, char *out)
{
    size_t n = 0;
    for (; s[0] && s[1] && s[0] != '-'; s += 2) {
        char byte[3] = {s[0], s[1], 0};
        out[n++] = (char)strtol(byte, NULL, 16);
    }
    return n;
}

static int print_tokens(const struct moim_tokenizer *t, const char *hex, int flags, char *text, int32_t *ids,
                        int cap)
{
    int n = moim_tokenize(t, text, unhex(hex, text), flags, ids, cap);
    for (int i = 0; i < n && i < cap; i++) printf("%s%d", i ? " " : "", ids[i]);
    printf("\n");
    return n < 0 ? n : 0;
}

static int run(const struct moim_tokenizer *t, int flags)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = 0;
    while (!rc && (n = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = 0;
        char *text = malloc((size_t)n + 1);
        int32_t *ids = malloc(((size_t)n * 4 + 16) * sizeof *ids);
        rc = text && ids ? print_tokens(t, line, flags, text, ids, (int)n * 4 + 16) : MOIM_ENOMEM;
        free(text);
        free(ids);
    }
    free(line);
    return rc;
}

int main(int argc, char **argv)
{
    struct moim_err err = {0};
    struct moim_weights *w;
    struct moim_tokenizer *t = NULL;
    if (argc != 3) return 64;
    int rc = moim_gguf_open(&w, argv[1], &err);
    if (!rc) rc = moim_tokenizer_new(&t, w, &err);
    if (!rc) rc = run(t, atoi(argv[2]));
    if (rc) fprintf(stderr, "%s\n", err.msg[0] ? err.msg : "the tokens cannot be found");
    moim_tokenizer_free(t);
    if (w) moim_weights_close(w);
    return rc ? 1 : 0;
}
