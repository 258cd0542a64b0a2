/* Prompts for models that converse. A prompt is written once, with marks where a role's words begin and end, and is
 * put into the form that the model's family was trained on. The marks are no UTF-8, so that no text can hold one, and
 * what stands between them is text: it never becomes a control token, whatever it says. */
#ifndef MOIM_LM_CHAT_H
#define MOIM_LM_CHAT_H

#include "lm/tokenizer.h"

#define MOIM_CHAT_SYSTEM                                                                                     \
    "\xFF"                                                                                                   \
    "S"
#define MOIM_CHAT_USER                                                                                       \
    "\xFF"                                                                                                   \
    "U"
#define MOIM_CHAT_ASSISTANT                                                                                  \
    "\xFF"                                                                                                   \
    "A"
#define MOIM_CHAT_END                                                                                        \
    "\xFF"                                                                                                   \
    "E" /* of what any of them says */

struct moim_chat;

/* The family by what tokenizer.chat_template says, else by the control tokens that there are, else plain text with the
 * roles' names. Never NULL; static. */
const struct moim_chat *moim_chat_of(const struct moim_weights *gguf, const struct moim_tokenizer *t);
const char *moim_chat_name(const struct moim_chat *c); /* "chatml", "gemma", "llama3" and so on */

/* Tokens of a marked prompt; as moim_tokenize, with MOIM_TOK_BOS alone as flag. *role goes from the end of one part of a
 * prompt to the next: 0 at its beginning. thinks: the model thinks unless an empty thought is put into its mouth. */
int moim_chat_tokenize(const struct moim_chat *c, const struct moim_tokenizer *t, const char *prompt,
                       int flags, char *role, int32_t *ids, int cap);
/* The prompt as ChatML in characters, for those who read it; NULL when memory runs out. */
char *moim_chat_text(const char *prompt);

#endif
