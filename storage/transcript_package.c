/* The text of a Word document (ECMA-376) or one of Hangul's (OWPML): its paragraphs, line breaks and tabs. */
#include "base/text.h"
#include "storage/record.h"
#include "storage/transcript_file_int.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define XML_MOST (64u << 20)
#define DEPTH_MOST 256
#define SECTIONS_MOST 1000

struct reading {
    FILE *out, *bare;
    int in_text, in_run, in_cell, cells, aside, depth;
    bool mark, line; /* a paragraph of our own styles for bookmarks, for what was said */
    size_t written;
    XML_Parser parser;
};

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void put(struct reading *r, const char *s, size_t n)
{
    if (r->written + n > XML_MOST) XML_StopParser(r->parser, XML_FALSE);
    r->written += n;
    fwrite(s, 1, n, r->out);
}

static void put_tab(struct reading *r)
{
    put(r, r->mark ? "\t-- " : r->in_cell > 0 ? " " : "\t", r->mark ? 4 : 1);
}

/* The paragraph's style, by its name in Word's form, by its number in Hangul's (export_hwpx.c). */
static void take_style(struct reading *r, const char *name, const XML_Char **attributes)
{
    bool word = !strcmp(name, "pStyle"), hangul = !strcmp(name, "p");
    for (int i = 0; (word || hangul) && attributes[i]; i += 2) {
        if (strcmp(local(attributes[i]), word ? "val" : "styleIDRef")) continue;
        r->mark = !strcmp(attributes[i + 1], word ? "Mark" : MOIM_HWPX_MARK);
        r->line = !strcmp(attributes[i + 1], word ? "Transcript" : MOIM_HWPX_LINE);
    }
}

static void XMLCALL begin(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = user;
    if (++r->depth > DEPTH_MOST) XML_StopParser(r->parser, XML_FALSE);
    name = local(name);
    if (!strcmp(name, "header") || !strcmp(name, "footer")) r->aside++;
    if (!strcmp(name, "t")) r->in_text++;
    if (!strcmp(name, "tr")) r->cells = 0;
    if (!strcmp(name, "tc") && r->in_cell++ == 0 && r->cells++) put(r, "\t", 1);
    if (!strcmp(name, "r") || !strcmp(name, "run")) r->in_run++;
    if (!strcmp(name, "br") || !strcmp(name, "cr") || !strcmp(name, "lineBreak"))
        put(r, r->in_cell > 0 ? " " : "\n", 1);
    if (!strcmp(name, "tab") && r->in_run > 0) put_tab(r);
    take_style(r, name, attributes);
}

static void XMLCALL end(void *user, const XML_Char *name)
{
    struct reading *r = user;
    r->depth--;
    name = local(name);
    if (!strcmp(name, "header") || !strcmp(name, "footer")) r->aside--;
    if (!strcmp(name, "t")) r->in_text--;
    if (!strcmp(name, "tc")) r->in_cell--;
    if (!strcmp(name, "tr")) put(r, r->in_cell > 0 ? " " : "\n", 1);
    if (!strcmp(name, "r") || !strcmp(name, "run")) r->in_run--;
    if (strcmp(name, "p")) return;
    if (r->written) put(r, r->in_cell > 0 ? " " : "\n", 1); /* a row of a table is one line */
    r->mark = r->line = false;
}

static void XMLCALL characters(void *user, const XML_Char *s, int n)
{
    struct reading *r = user;
    bool after_name = r->line && n == 2 && !memcmp(s, "  ", 2);
    if (r->in_text <= 0 || r->aside > 0) return;
    put(r, after_name ? ": " : s, (size_t)n);
    fwrite(s, 1, (size_t)n, r->bare);
}

static int parse(const char *xml, size_t n, FILE *out, FILE *bare)
{
    struct reading r = {.out = out, .bare = bare, .parser = XML_ParserCreate(NULL)};
    if (!r.parser) return MOIM_ENOMEM;
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, begin, end);
    XML_SetCharacterDataHandler(r.parser, characters);
    bool well = XML_Parse(r.parser, xml, (int)n, 1) == XML_STATUS_OK;
    XML_ParserFree(r.parser);
    return ferror(out) || ferror(bare) ? MOIM_ENOMEM : well ? MOIM_OK : MOIM_EFORMAT;
}

char *moim_package_bare(const char *xml, size_t n)
{
    char *text = NULL, *bare = NULL;
    size_t n_text, n_bare;
    FILE *out = open_memstream(&text, &n_text), *also = open_memstream(&bare, &n_bare);
    int rc = out && also ? parse(xml, n, out, also) : MOIM_ENOMEM;
    if (out) fclose(out);
    if (also && !moim_stream_end(also, &bare)) rc = MOIM_ENOMEM;
    free(text);
    if (!rc) return bare;
    free(bare);
    return NULL;
}

/* An entry, of which a zip's word about its size is not believed. */
static int inflate_part(zip_t *z, const char *name, char **out, size_t *n)
{
    zip_file_t *f = zip_fopen(z, name, 0);
    zip_int64_t got = 1;
    size_t room = 0;
    *out = NULL;
    *n = 0;
    if (!f) return MOIM_EFORMAT;
    while (got > 0 && *n <= XML_MOST) {
        if (*n == room) {
            char *grown = realloc(*out, room = room ? 2 * room : 1 << 16);
            if (!grown) break;
            *out = grown;
        }
        got = zip_fread(f, *out + *n, room - *n);
        if (got > 0) *n += (size_t)got;
    }
    zip_fclose(f);
    if (!got && *n && *n <= XML_MOST) return MOIM_OK;
    int rc = *n > XML_MOST ? MOIM_EINVAL : got > 0 ? MOIM_ENOMEM : MOIM_EFORMAT;
    free(*out);
    *out = NULL;
    return rc;
}

static int read_part(zip_t *z, const char *name, FILE *out, FILE *bare)
{
    char *xml;
    size_t n;
    int rc = inflate_part(z, name, &xml, &n);
    if (!rc) rc = parse(xml, n, out, bare);
    free(xml);
    return rc;
}

/* Hangul parts a document into sections. */
static int read_sections(zip_t *z, FILE *out, FILE *bare)
{
    int rc = read_part(z, "Contents/section0.xml", out, bare);
    for (int i = 1; !rc && i < SECTIONS_MOST; i++) {
        char name[40];
        snprintf(name, sizeof name, "Contents/section%d.xml", i);
        if (zip_name_locate(z, name, 0) < 0) break;
        if (ftell(out) > (long)XML_MOST) return MOIM_EINVAL;
        rc = read_part(z, name, out, bare);
    }
    return rc;
}

/* Word's programs keep a part of this kind when they save, whatever they call it. */
static void find_record(zip_t *z, bool hangul, char **record, size_t *n)
{
    static const char open_tag[] = "<meeting xmlns=\"" MOIM_RECORD_SPACE "\">";
    *record = NULL;
    if (hangul) {
        if (inflate_part(z, MOIM_HWPX_RECORD, record, n)) *record = NULL;
        return;
    }
    for (int i = 1; i < 10 && !*record; i++) {
        char name[40], *xml;
        size_t got;
        snprintf(name, sizeof name, "customXml/item%d.xml", i);
        if (inflate_part(z, name, &xml, &got)) continue;
        char *from = memmem(xml, got, open_tag, sizeof open_tag - 1);
        char *to = from ? memchr(from + 1, '<', got - (size_t)(from + 1 - xml)) : NULL;
        if (to &&
            (*record = strndup(from + sizeof open_tag - 1, (size_t)(to - from) - (sizeof open_tag - 1))))
            *n = strlen(*record);
        free(xml);
    }
}

static int read_package(zip_t *z, struct moim_package *p)
{
    size_t n_text, n_bare;
    bool hangul = zip_name_locate(z, "Contents/section0.xml", 0) >= 0;
    FILE *out = open_memstream(&p->text, &n_text), *bare = open_memstream(&p->bare, &n_bare);
    int rc = !out || !bare ? MOIM_ENOMEM
             : hangul      ? read_sections(z, out, bare)
                           : read_part(z, "word/document.xml", out, bare);
    if (out && !moim_stream_end(out, &p->text)) rc = MOIM_ENOMEM;
    if (bare && !moim_stream_end(bare, &p->bare)) rc = MOIM_ENOMEM;
    if (!rc) find_record(z, hangul, &p->record, &p->n_record);
    return rc;
}

int moim_package_read(const char *data, size_t n, struct moim_package *p)
{
    zip_error_t why;
    memset(p, 0, sizeof *p);
    zip_error_init(&why);
    zip_source_t *from = zip_source_buffer_create(data, n, 0, &why);
    zip_t *z = from ? zip_open_from_source(from, ZIP_RDONLY, &why) : NULL;
    zip_error_fini(&why);
    if (!z) {
        if (from) zip_source_free(from);
        return MOIM_EFORMAT;
    }
    int rc = read_package(z, p);
    zip_discard(z);
    if (rc) moim_package_clear(p);
    return rc;
}

void moim_package_clear(struct moim_package *p)
{
    free(p->text);
    free(p->bare);
    free(p->record);
    memset(p, 0, sizeof *p);
}
