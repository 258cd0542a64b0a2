/* What an export may hold: text is escaped for its form, tags are those of our own templates, all is valid UTF-8 without
 * control characters. For test_mutations.c, whose now_at and text[BIG] it uses. */
#ifndef MOIM_TESTS_EXPORT_CHECKS_H
#define MOIM_TESTS_EXPORT_CHECKS_H

static void bad(const char *form, const char *why, const char *at)
{
    fail_msg("mutation %ld: %s: %s: %.60s", now_at, form, why, at);
}

static void check_utf8(const char *form, const char *s)
{
    for (int n; *s; s += n) {
        n = moim_utf8_length(s);
        if (!n) bad(form, "no UTF-8", s);
        unsigned char c = (unsigned char)*s;
        if ((c < 0x20 && !strchr("\t\n\r", c)) || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] < 0xa0))
            bad(form, "a control character", s);
    }
}

static bool begins(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (!strncmp(s, *list, strlen(*list))) return true;
    return false;
}

/* The meeting's own copy is data: letters of base64 between its tags and nothing else. */
static bool is_copy(const char *p)
{
    static const char tag[] = "<script type=\"application/vnd.moim.meeting\">";
    if (strncmp(p, tag, sizeof tag - 1)) return false;
    p += sizeof tag - 1;
    p += strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
    return !strncmp(p, "</script>", 9);
}

static void check_html(const char *s)
{
    static const char *const ours[] = {"!doctype html>\n",
                                       "/html>",
                                       "meta charset=\"utf-8\">",
                                       "meta name=\"viewport\" ",
                                       "title>",
                                       "/title>",
                                       "style>body{",
                                       "/style>",
                                       "h1>",
                                       "/h1>",
                                       "p class=\"when\">",
                                       "/p>",
                                       "audio controls ",
                                       "/audio>",
                                       "h2>",
                                       "/h2>",
                                       "ul>",
                                       "/ul>",
                                       "ol class=\"transcript\">",
                                       "/ol>",
                                       "li>",
                                       "/li>",
                                       "li class=\"mark\">",
                                       "b class=\"who\">",
                                       "/b>",
                                       "a class=\"at\" href=\"#s",
                                       "/a>",
                                       "time>",
                                       "/time>",
                                       "em>",
                                       "/em>",
                                       "span>",
                                       "/span>",
                                       "script>const a=document",
                                       "/script>",
                                       "+x.",
                                       NULL};
    const char *lang = strstr(s, "<html lang=\"");
    if (!lang) bad("html", "no language", s);
    lang += 12;
    size_t n = strspn(lang, "abcdefghijklmnopqrstuvwxyz-");
    if (n < 2 || n > 8 || lang[n] != '"' || lang[n + 1] != '>') bad("html", "a language", lang);
    for (const char *p = s; (p = strchr(p, '<')); p++) {
        if (!strncmp(p, "<html lang=", 11) || begins(p + 1, ours) || is_copy(p)) continue;
        if (strncmp(p, "<li id=\"s", 9)) bad("html", "a tag", p);
        const char *q = p + 9;
        q += strspn(q, "-0123456789");
        if (strncmp(q, "\" data-s=\"", 10)) bad("html", "a line", p);
        q += 10 + strspn(q + 10, "-.0123456789");
        if (strncmp(q, "\" data-e=\"", 10)) bad("html", "a line", p);
        q += 10 + strspn(q + 10, "-.0123456789");
        if (strncmp(q, "\"><time>", 8)) bad("html", "a line", p);
    }
    for (const char *p = s; (p = strstr(p, " src=\"")); p++) {
        const char *q = p + 6;
        q += strspn(q, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%._~:;,/+=-");
        if (strncmp(q, "\"></audio>", 10)) bad("html", "an address", p);
    }
}

static void check_md(const char *s)
{
    for (const char *p = s; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        } else if (strchr("<>[]`&", *p)) {
            bad("md", "markup", p);
        } else if (*p == '\n' && p[1] && strchr("<>`-=+", p[1]) && strncmp(p + 1, "- ", 2)) {
            bad("md", "a line of markup", p + 1);
        }
    }
}

static void check_cues(const char *form, const char *s)
{
    bool vtt = !strcmp(form, "vtt");
    for (const char *p = s; (p = strstr(p, "-->")); p++) {
        const char *line = p;
        while (line > s && line[-1] != '\n') line--;
        if (p - line != 13 + (p - line > 13 ? p - line - 13 : 0) ||
            strspn(line, "0123456789:.,") + 1 != (size_t)(p - line))
            bad(form, "a time in a text", line);
    }
    for (const char *p = s; vtt && (p = strpbrk(p, "<&")); p++)
        if (strncmp(p, "<v ", 3) &&
            (*p == '<' || (strncmp(p, "&lt;", 4) && strncmp(p, "&gt;", 4) && strncmp(p, "&amp;", 5))))
            bad(form, "markup", p);
}

/* A part of a package: every tag is of our name spaces, every "&" an entity that we write. */
static void check_part(const char *path, const char *part, const char *const *ours)
{
    zip_t *z = zip_open(path, ZIP_RDONLY, NULL);
    zip_file_t *f = z ? zip_fopen(z, part, 0) : NULL;
    if (!f) bad(part, "cannot be opened", path);
    zip_int64_t n = zip_fread(f, text, BIG - 1);
    text[n < 0 ? 0 : n] = 0;
    zip_fclose(f);
    zip_discard(z);
    check_utf8(part, text);
    for (const char *p = text; (p = strchr(p, '<')); p++)
        if (!begins(p + 1, ours)) bad(part, "a tag", p);
    for (const char *p = text; (p = strchr(p, '&')); p++)
        if (strncmp(p, "&lt;", 4) && strncmp(p, "&gt;", 4) && strncmp(p, "&amp;", 5) &&
            strncmp(p, "&quot;", 6))
            bad(part, "an entity", p);
}

static void check_package(enum moim_format form, const char *path)
{
    static const char *const word[] = {
        "?xml ", "w:", "/w:", "cp:", "/cp:", "dc:", "/dc:", "dcterms:", "/dcterms:", NULL};
    static const char *const hangul[] = {"?xml ", "hs:sec", "/hs:sec", "hp:", "/hp:", "opf:", "/opf:", NULL};
    if (form == MOIM_DOCX) {
        check_part(path, "word/document.xml", word);
        check_part(path, "word/header1.xml", word);
        check_part(path, "docProps/core.xml", word);
    } else {
        check_part(path, "Contents/section0.xml", hangul);
        check_part(path, "Contents/content.hpf", hangul);
    }
}

/* Lines as RFC 5545 has them, none of them ours but by our hand. */
static void check_ics(const char *s)
{
    static const char *const ours[] = {
        "BEGIN:V",         "VERSION:2.0",  "PRODID:", "UID:",  "DTSTAMP:", "SUMMARY:", "CATEGORIES:",
        "DUE;VALUE=DATE:", "DESCRIPTION:", "STATUS:", "END:V", " ",        NULL};
    for (const char *end; *s; s = end + 2) {
        end = strstr(s, "\r\n");
        if (!end || end - s > 75) bad("ics", "a line", s);
        if (!begins(s, ours)) bad("ics", "a property", s);
    }
}

#endif
