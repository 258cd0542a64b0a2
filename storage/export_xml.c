#include "base/text.h"
#include "storage/export.h"

#include <string.h>

void moim_put_xml(FILE *out, const char *s)
{
    while (*s) {
        int n = moim_utf8_length(s);
        if (n == 3 && !memcmp(s, "\xef\xbf", 2) && (unsigned char)s[2] >= 0xbe) n = 0; /* U+FFFE, U+FFFF */
        if (*s == '&')
            fputs("&amp;", out);
        else if (*s == '<')
            fputs("&lt;", out);
        else if (*s == '>')
            fputs("&gt;", out);
        else if (*s == '"')
            fputs("&quot;", out);
        else if (!n)
            fputs("\xef\xbf\xbd", out);
        else if ((unsigned char)*s >= 0x20 || *s == '\t' || *s == '\n')
            fwrite(s, 1, (size_t)n, out);
        s += n ? n : 1;
    }
}
