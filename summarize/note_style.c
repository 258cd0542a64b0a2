#include "summarize/note_style.h"
#include "summarize/language.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <string.h>

void moim_note_write(const struct moim_language *lang, char out[MOIM_NOTE_MAX], const char *sentence,
                     enum moim_act act, struct moim_date date, size_t from, size_t to)
{
    struct moim_date due;
    snprintf(out, MOIM_NOTE_MAX, "%s", sentence);
    size_t n = strlen(out);
    while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80 && n == MOIM_NOTE_MAX - 1)
        n--; /* a character cut in two */
    out[n] = 0;
    if (to > from && to <= n && from < MOIM_NOTE_MAX) {
        moim_cut_bytes(out, from, to);
        if (lang->unaddressed) lang->unaddressed(out, from);
    }
    if ((act == MOIM_ACT_PROMISE || act == MOIM_ACT_REQUEST) && moim_date_find(out, date, &due, &from, &to))
        moim_cut_bytes(out, from, to);
    lang->note(out, act);
    moim_tidy_line(out);
}

void moim_note_quote(const struct moim_language *lang, char out[MOIM_NOTE_MAX], const char *sentence)
{
    char copy[MOIM_NOTE_MAX - 16];
    size_t n = strlen(sentence);
    bool cut = n >= sizeof copy - 1;
    snprintf(copy, sizeof copy, "%s", sentence);
    lang->fluent(copy);
    for (n = strlen(copy); cut && n && copy[n] != ' ';) copy[--n] = 0;
    while (n && strchr(" ,", copy[n - 1])) copy[--n] = 0;
    snprintf(out, MOIM_NOTE_MAX, "%s%s%s%s", lang->label.quote[0], copy + strspn(copy, " ,"), cut ? "…" : "",
             lang->label.quote[1]);
}
