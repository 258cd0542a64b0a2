/* The text of a Word document (ECMA-376): its paragraphs, line breaks and tabs. */
#include "storage/transcript_file_int.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define XML_MOST (64u << 20)
#define DEPTH_MOST 256

struct reading {
    FILE *out;
    int in_text, in_run, depth;
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

static void XMLCALL begin(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = user;
    if (++r->depth > DEPTH_MOST) XML_StopParser(r->parser, XML_FALSE);
    name = local(name);
    if (!strcmp(name, "t")) r->in_text++;
    if (!strcmp(name, "r")) r->in_run++;
    if (!strcmp(name, "br") || !strcmp(name, "cr")) put(r, "\n", 1);
    if (!strcmp(name, "tab") && r->in_run > 0) put(r, r->mark ? "\t-- " : "\t", r->mark ? 4 : 1);
    for (int i = 0; !strcmp(name, "pStyle") && attributes[i]; i += 2) {
        if (strcmp(local(attributes[i]), "val")) continue;
        r->mark = !strcmp(attributes[i + 1], "Mark");
        r->line = !strcmp(attributes[i + 1], "Transcript");
    }
}

static void XMLCALL end(void *user, const XML_Char *name)
{
    struct reading *r = user;
    r->depth--;
    name = local(name);
    if (!strcmp(name, "t")) r->in_text--;
    if (!strcmp(name, "r")) r->in_run--;
    if (strcmp(name, "p")) return;
    put(r, "\n", 1);
    r->mark = r->line = false;
}

static void XMLCALL characters(void *user, const XML_Char *s, int n)
{
    struct reading *r = user;
    bool after_name = r->line && n == 2 && !memcmp(s, "  ", 2);
    if (r->in_text > 0) put(r, after_name ? ": " : s, (size_t)n);
}

static int parse(const zip_uint8_t *xml, size_t n, char **text, size_t *n_text)
{
    struct reading r = {.parser = XML_ParserCreate(NULL)};
    if (r.parser) r.out = open_memstream(text, n_text);
    if (!r.out) {
        if (r.parser) XML_ParserFree(r.parser);
        return MOIM_ENOMEM;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, begin, end);
    XML_SetCharacterDataHandler(r.parser, characters);
    bool well = XML_Parse(r.parser, (const char *)xml, (int)n, 1) == XML_STATUS_OK;
    XML_ParserFree(r.parser);
    bool whole = !ferror(r.out);
    whole = !fclose(r.out) && whole;
    if (well && whole && *text) return MOIM_OK;
    free(*text);
    *text = NULL;
    return whole ? MOIM_EFORMAT : MOIM_ENOMEM;
}

/* An entry, of which a zip's word about its size is not believed. */
static int inflate(zip_t *z, const char *name, zip_uint8_t **out, size_t *n)
{
    zip_file_t *f = zip_fopen(z, name, 0);
    zip_int64_t got = 1;
    size_t room = 0;
    *out = NULL;
    *n = 0;
    if (!f) return MOIM_EFORMAT;
    while (got > 0 && *n <= XML_MOST) {
        if (*n == room) {
            zip_uint8_t *grown = realloc(*out, room = room ? 2 * room : 1 << 16);
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

int moim_docx_text(const char *data, size_t n, char **text, size_t *n_text)
{
    zip_error_t why;
    zip_uint8_t *xml;
    size_t n_xml;
    *text = NULL;
    zip_error_init(&why);
    zip_source_t *from = zip_source_buffer_create(data, n, 0, &why);
    zip_t *z = from ? zip_open_from_source(from, ZIP_RDONLY, &why) : NULL;
    zip_error_fini(&why);
    if (!z) {
        if (from) zip_source_free(from);
        return MOIM_EFORMAT;
    }
    int rc = inflate(z, "word/document.xml", &xml, &n_xml);
    zip_discard(z);
    if (rc) return rc;
    rc = parse(xml, n_xml, text, n_text);
    free(xml);
    return rc;
}
