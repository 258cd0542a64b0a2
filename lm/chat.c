#include "lm/chat.h"
#include "lm/tokenizer_int.h"
#include <stdlib.h>
#include <string.h>

struct moim_chat {
    const char *name;
    const char *open[3], *close[3]; /* of system, user, assistant */
    const char *first_user;         /* opens a user's words right after the system's; NULL: as any other */
    const char *no_thought;     /* follows the last opening of a model that would think first; "" or that */
    const char *have[2], *lack; /* what a template of the family holds, and does not */
};

enum { SYSTEM, USER, ASSISTANT };
#define NO_THOUGHT "<think>\n\n</think>\n\n"
#define CHATML                                                                                               \
    .open = {"<|im_start|>system\n", "<|im_start|>user\n", "<|im_start|>assistant\n"},                       \
    .close = {"<|im_end|>\n", "<|im_end|>\n", "<|im_end|>\n"}
#define EXAONE                                                                                               \
    .open = {"[|system|]", "[|user|]", "[|assistant|]"}, .close = {"[|endofturn|]\n", "\n", "[|endofturn|]\n"}

/* The first that fits is taken. */
static const struct moim_chat families[] = {
    {"phi4",
     {"<|im_start|>system<|im_sep|>", "<|im_start|>user<|im_sep|>", "<|im_start|>assistant<|im_sep|>"},
     {"<|im_end|>", "<|im_end|>", "<|im_end|>"},
     NULL,
     "",
     {"<|im_start|>", "<|im_sep|>"},
     NULL},
    {.name = "chatml-thinking",
     CHATML,
     .no_thought = NO_THOUGHT,
     .have = {"<|im_start|>", "enable_thinking"}},
    {.name = "chatml", CHATML, .no_thought = "", .have = {"<|im_start|>", NULL}},
    {"llama3",
     {"<|start_header_id|>system<|end_header_id|>\n\n", "<|start_header_id|>user<|end_header_id|>\n\n",
      "<|start_header_id|>assistant<|end_header_id|>\n\n"},
     {"<|eot_id|>", "<|eot_id|>", "<|eot_id|>"},
     NULL,
     "",
     {"<|start_header_id|>", NULL},
     NULL},
    /* it knows no system: what that says stands before the user's first words */
    {"gemma",
     {"<start_of_turn>user\n", "<start_of_turn>user\n", "<start_of_turn>model\n"},
     {"\n\n", "<end_of_turn>\n", "<end_of_turn>\n"},
     "",
     "",
     {"<start_of_turn>", NULL},
     NULL},
    {.name = "exaone-thinking",
     EXAONE,
     .no_thought = NO_THOUGHT,
     .have = {"[|assistant|]", "enable_thinking"}},
    {.name = "exaone", EXAONE, .no_thought = "", .have = {"[|assistant|]", NULL}},
    {"granite",
     {"<|start_of_role|>system<|end_of_role|>", "<|start_of_role|>user<|end_of_role|>",
      "<|start_of_role|>assistant<|end_of_role|>"},
     {"<|end_of_text|>\n", "<|end_of_text|>\n", "<|end_of_text|>\n"},
     NULL,
     "",
     {"<|start_of_role|>", NULL},
     NULL},
    {"phi3",
     {"<|system|>\n", "<|user|>\n", "<|assistant|>\n"},
     {"<|end|>\n", "<|end|>\n", "<|end|>\n"},
     NULL,
     "",
     {"<|assistant|>", "<|end|>"},
     NULL},
    {"mistral", {"[INST] ", "[INST] ", ""}, {"\n\n", " [/INST]", "</s>"}, "", "", {"[INST]", NULL}, NULL},
    {"plain", {"", "User: ", "Assistant: "}, {"\n\n", "\n", "\n"}, NULL, "", {NULL, NULL}, NULL},
};
#define N_FAMILIES (sizeof families / sizeof *families)

const char *moim_chat_name(const struct moim_chat *c)
{
    return c->name;
}

static bool fits(const struct moim_chat *c, const char *text, size_t len)
{
    for (int i = 0; i < 2; i++)
        if (c->have[i] && !memmem(text, len, c->have[i], strlen(c->have[i]))) return false;
    return !c->lack || !memmem(text, len, c->lack, strlen(c->lack));
}

const struct moim_chat *moim_chat_of(const struct moim_weights *gguf, const struct moim_tokenizer *t)
{
    const char *text;
    size_t len;
    if (moim_weights_str(gguf, "tokenizer.chat_template", &text, &len))
        for (size_t i = 0; i < N_FAMILIES; i++)
            if (fits(&families[i], text, len)) return &families[i];
    for (size_t i = 0; i + 1 < N_FAMILIES; i++) {
        const struct moim_chat *c = &families[i];
        bool all = true;
        for (int k = 0; k < 2; k++)
            all = all && (!c->have[k] || moim_token_is_control(t, moim_tokenizer_find(t, c->have[k])));
        if (all) return c;
    }
    return &families[N_FAMILIES - 1];
}

/* A prompt in a family's form: its bytes, and which of them are marks. */
struct form {
    char *text;
    uint8_t *is_mark;
    size_t n, cap;
};

static int put(struct form *f, const char *s, size_t len, bool mark)
{
    if (f->n + len > f->cap) {
        size_t cap = (f->n + len) * 2 + 1024;
        char *text = realloc(f->text, cap);
        if (text) f->text = text;
        uint8_t *is_mark = text ? realloc(f->is_mark, cap) : NULL;
        if (is_mark) f->is_mark = is_mark;
        if (!text || !is_mark) return MOIM_ENOMEM;
        f->cap = cap;
    }
    if (len) memcpy(f->text + f->n, s, len);
    if (len) memset(f->is_mark + f->n, mark, len);
    f->n += len;
    return MOIM_OK;
}

static int role_of(char mark)
{
    return mark == 'S' ? SYSTEM : mark == 'U' ? USER : ASSISTANT;
}

/* The mark at s (after its first byte) in a family's form; *role is who speaks, 'E' after the system 's'. */
static const char *mark_text(const struct moim_chat *c, const char *s, char *role)
{
    char was = *role, now = *s;
    if (now == 'E') {
        *role = was == 'S' ? 's' : 'E';
        return was == 'S' || was == 'U' || was == 'A' ? c->close[role_of(was)] : "";
    }
    *role = now;
    if (now == 'A' && !s[1] && *c->no_thought) return NULL;
    return now == 'U' && was == 's' && c->first_user ? c->first_user : c->open[role_of(now)];
}

static int render(const struct moim_chat *c, const char *prompt, char *role, struct form *f)
{
    int rc = MOIM_OK;
    while (*prompt && !rc) {
        size_t n = strcspn(prompt, "\xFF");
        rc = put(f, prompt, n, false);
        prompt += n;
        if (rc || !*prompt || !prompt[1]) break;
        const char *text = mark_text(c, prompt + 1, role);
        if (text) {
            rc = put(f, text, strlen(text), true);
        } else if (c->open[ASSISTANT]) {
            rc = put(f, c->open[ASSISTANT], strlen(c->open[ASSISTANT]), true);
            if (!rc) rc = put(f, c->no_thought, strlen(c->no_thought), true);
        }
        prompt += 2;
    }
    return rc;
}

int moim_chat_tokenize(const struct moim_chat *c, const struct moim_tokenizer *t, const char *prompt,
                       int flags, char *role, int32_t *ids, int cap)
{
    struct form f = {0};
    int rc = render(c, prompt, role, &f);
    if (!rc)
        rc = tok_encode_marked(t, f.text ? f.text : "", f.n, f.is_mark, flags | MOIM_TOK_SPECIAL, ids, cap);
    free(f.text);
    free(f.is_mark);
    return rc;
}

char *moim_chat_text(const char *prompt)
{
    struct form f = {0};
    char role = 0;
    const struct moim_chat *chatml = families + 2;
    if (!render(chatml, prompt, &role, &f) && !put(&f, "", 1, false)) {
        free(f.is_mark);
        return f.text;
    }
    free(f.text);
    free(f.is_mark);
    return NULL;
}
