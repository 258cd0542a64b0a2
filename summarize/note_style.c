#include "summarize/note_style.h"
#include "summarize/language.h"
#include "summarize/word_text.h"

#include <stdio.h>
#include <string.h>

static const struct moim_language *pack(bool ko)
{
    return moim_language_get(ko ? "ko" : "en");
}

void moim_note_make(char out[MOIM_NOTE_MAX], const char *sentence, enum moim_act act, bool ko,
                    struct moim_date date, size_t from, size_t to)
{
    moim_note_write(pack(ko), out, sentence, act, date, from, to);
}

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

bool moim_note_vague(const char *note, bool ko)
{
    return pack(ko)->vague(note);
}

bool moim_note_topic(char out[MOIM_NOTE_MAX], const char *sentence, bool ko)
{
    return pack(ko)->topic(out, sentence);
}
