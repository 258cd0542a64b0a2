#include "storage/fleet/grams.h"
#include "base/unicode.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#define PRIME 2147483647
#define KOREAN 0x1100

/* As PostgreSQL does in the locale that docs/fleet.md asks for. */
static uint32_t lower(uint32_t cp, locale_t letters)
{
    if (cp < 128) return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    return cp < KOREAN ? (uint32_t)towlower_l((wint_t)cp, letters) : cp;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* At most two numbers a letter. Returns how many. */
static size_t collect(const char *text, size_t length, locale_t letters, uint32_t *out)
{
    uint64_t a = 0, b = 0; /* the two letters before; 0: none in this word */
    size_t n = 0, step;
    for (size_t i = 0; i < length; i += step) {
        uint32_t cp;
        step = moim_utf8_next(text + i, length - i, &cp);
        if (!step) break;
        uint64_t c = cp <= ' ' || moim_uc_class(cp) == MOIM_UC_SPACE ? 0 : lower(cp, letters);
        uint64_t pair = (b * 69069 + c) % PRIME;
        if (b && c) out[n++] = (uint32_t)pair;
        if (a && b && c && a < KOREAN && b < KOREAN && c < KOREAN)
            out[n++] = (uint32_t)(((a * 69069 + b) % PRIME * 69069 + c) % PRIME);
        a = c ? b : 0, b = c;
    }
    return n;
}

static char *as_json(uint32_t *list, size_t n)
{
    char *json = sqlite3_malloc64(n * 11 + 3);
    size_t at = 0;
    if (!json) return NULL;
    json[at++] = '[';
    for (size_t i = 0; i < n; i++)
        if (!i || list[i] != list[i - 1]) at += (size_t)sprintf(json + at, "%s%u", i ? "," : "", list[i]);
    strcpy(json + at, "]");
    return json;
}

static void grams(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    const char *text = (const char *)sqlite3_value_text(v[0]);
    size_t length = text ? strlen(text) : 0, found;
    uint32_t *list = malloc((2 * length + 1) * sizeof *list);
    char *json = NULL;
    if (list) {
        found = collect(text, length, sqlite3_user_data(c), list);
        qsort(list, found, sizeof *list, by_number);
        json = as_json(list, found);
    }
    free(list);
    if (json)
        sqlite3_result_text(c, json, -1, sqlite3_free);
    else
        sqlite3_result_error_nomem(c);
}

static void free_letters(void *letters)
{
    if (letters) freelocale(letters);
}

int moim_fleet_add_grams(sqlite3 *db)
{
    locale_t letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!letters) return SQLITE_NOMEM;
    return sqlite3_create_function_v2(db, "grams", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, letters, grams,
                                      NULL, NULL, free_letters);
}
