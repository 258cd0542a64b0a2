/* What is read from a store may have been written by anybody (a restored backup, a damaged disk): text is
 * made valid UTF-8 without control characters, numbers are brought into range. */
#include "storage/store_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 1e8 /* three years: no recording is longer */

bool moim_is_language(const char *s)
{
    size_t n = strlen(s);
    return n >= 2 && n <= 8 && strspn(s, "abcdefghijklmnopqrstuvwxyz-") == n;
}

char *moim_sql_language(sqlite3_stmt *st, int column)
{
    char *s = moim_sql_text(st, column);
    if (s && !moim_is_language(s)) *s = 0;
    return s;
}

double moim_sql_seconds(sqlite3_stmt *st, int column)
{
    double v = sqlite3_column_double(st, column);
    return isfinite(v) ? fmin(fmax(v, -SECONDS_MAX), SECONDS_MAX) : 0;
}

int64_t moim_sql_instant(sqlite3_stmt *st, int column)
{
    int64_t t = sqlite3_column_int64(st, column);
    return t < MOIM_INSTANT_MIN ? MOIM_INSTANT_MIN : t > MOIM_INSTANT_MAX ? MOIM_INSTANT_MAX : t;
}

char *moim_sql_sound(sqlite3_stmt *st, int column)
{
    char *s = moim_sql_text(st, column);
    if (s && !moim_is_sound_name(s)) *s = 0;
    return s;
}

bool moim_is_sound_name(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 200 && *s != '.' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}
