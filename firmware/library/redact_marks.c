#include "firmware/library/redact_marks.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void moim_mark_word(const char *text, const char *word, bool *hit)
{
    size_t n = strlen(text), k = strlen(word);
    for (size_t i = 0; k && i + k <= n; i++)
        if (!strncasecmp(text + i, word, k)) memset(hit + i, true, k * sizeof *hit);
}

/* Bytes of a digit said in Korean ("공", "일", ...) at s, 0 when it is none. */
static size_t korean_digit(const char *s)
{
    static const char *const digit[] = {"공", "영", "일", "이", "삼", "사",
                                        "오", "육", "륙", "칠", "팔", "구"};
    for (size_t i = 0; i < sizeof digit / sizeof *digit; i++)
        if (!strncmp(s, digit[i], strlen(digit[i]))) return strlen(digit[i]);
    return 0;
}

/* Three digits and more in a row, spaces and hyphens between them: the end of the last, and how many there are. */
static size_t korean_number(const char *s, int *digits)
{
    size_t at = 0, end = 0;
    *digits = 0;
    for (size_t k; (k = korean_digit(s + at)); ++*digits) {
        at += k;
        end = at;
        while (s[at] == ' ' || s[at] == '-') at++;
    }
    return end;
}

void moim_mark_numbers(const char *text, bool *hit)
{
    bool inside = false; /* a word */
    for (size_t i = 0; text[i];) {
        size_t end = i, last = i;
        int digits = 0;
        while (isdigit((unsigned char)text[end]) || (digits && text[end] && strchr("-.,:/ ()", text[end]))) {
            if (isdigit((unsigned char)text[end])) digits++, last = end + 1;
            end++;
        }
        int said = 0;
        size_t korean = inside ? 0 : korean_number(text + i, &said);
        if (digits >= 2) {
            memset(hit + i, true, (last - i) * sizeof *hit);
            i = last;
            inside = true;
        } else if (said >= 4) {
            memset(hit + i, true, korean * sizeof *hit);
            i += korean;
            inside = true;
        } else {
            inside = !isspace((unsigned char)text[i]) && !ispunct((unsigned char)text[i]);
            int k = moim_utf8_length(text + i);
            i += k ? (size_t)k : 1;
        }
    }
}

char *moim_unmarked(const char *text, const bool *hit, const char *with)
{
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);
    if (!f) return NULL;
    for (size_t i = 0; text[i];) {
        if (!hit[i]) {
            fputc(text[i++], f);
            continue;
        }
        fputs(with, f);
        for (size_t next; text[i] && hit[i]; i = next) {
            next = i;
            while (text[next] && hit[next]) next++;
            i = next;
            while (text[next] == ' ') next++;
            if (!text[next] || !hit[next]) break;
        }
    }
    if (moim_stream_end(f, &out)) return out;
    free(out);
    return NULL;
}
