#include "storage/pdf_attach.h"
#include "base/status.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct old {
    long table, size, root;
    const char *trailer, *trailer_end, *catalog, *catalog_end; /* what stands between << and >> */
};

static const char *last(const char *text, size_t n, const char *word)
{
    size_t len = strlen(word);
    for (const char *s = text + n - len; n >= len && s >= text; s--)
        if (!memcmp(s, word, len)) return s;
    return NULL;
}

/* The outermost << >> from s on. */
static const char *dictionary(const char *s, const char *end, const char **to)
{
    const char *from = memmem(s, (size_t)(end - s), "<<", 2);
    int depth = 0;
    for (const char *at = from; at && at + 1 < end; at++) {
        if (at[0] == '<' && at[1] == '<') depth++, at++;
        if (at[0] == '>' && at[1] == '>' && at++ && !--depth) {
            *to = at - 1;
            return from + 2;
        }
    }
    return NULL;
}

static long number_after(const char *from, const char *to, const char *key)
{
    const char *at = memmem(from, (size_t)(to - from), key, strlen(key));
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static bool read_old(const char *pdf, size_t n, struct old *o)
{
    char object[40];
    const char *end = pdf + n, *start = last(pdf, n, "startxref");
    o->table = start ? strtol(start + 9, NULL, 10) : -1;
    if (o->table <= 0 || (size_t)o->table >= n || strncmp(pdf + o->table, "xref", 4)) return false;
    const char *trailer = last(pdf, n, "trailer");
    o->trailer = trailer ? dictionary(trailer, end, &o->trailer_end) : NULL;
    if (!o->trailer) return false;
    o->size = number_after(o->trailer, o->trailer_end, "/Size");
    o->root = number_after(o->trailer, o->trailer_end, "/Root");
    snprintf(object, sizeof object, "\n%ld 0 obj", o->root);
    const char *at = o->size > 0 && o->root > 0 ? last(pdf, n, object) : NULL;
    o->catalog = at ? dictionary(at, end, &o->catalog_end) : NULL;
    return o->catalog && !memmem(o->catalog, (size_t)(o->catalog_end - o->catalog), "/Names", 6);
}

/* out: a stream of memory, which stands n bytes behind the file's beginning. */
static void put_update(FILE *out, size_t n, const struct old *o, const char *name, const char *packed,
                       size_t n_packed, size_t n_data)
{
    size_t at[3] = {n + (size_t)ftell(out)};
    fprintf(out,
            "%ld 0 obj\n<< /Type /EmbeddedFile /Subtype /application#2Fjson /Filter /FlateDecode /Length %zu"
            " /Params << /Size %zu >> >>\nstream\n",
            o->size, n_packed, n_data);
    fwrite(packed, 1, n_packed, out);
    fputs("\nendstream\nendobj\n", out);
    at[1] = n + (size_t)ftell(out);
    fprintf(
        out,
        "%ld 0 obj\n<< /Type /Filespec /F (%s) /UF (%s) /EF << /F %ld 0 R >> /AFRelationship /Source >>\nendobj\n",
        o->size + 1, name, name, o->size);
    at[2] = n + (size_t)ftell(out);
    fprintf(
        out,
        "%ld 0 obj\n<<%.*s /Names << /EmbeddedFiles << /Names [ (%s) %ld 0 R ] >> >> /AF [ %ld 0 R ] >>\nendobj\n",
        o->root, (int)(o->catalog_end - o->catalog), o->catalog, name, o->size + 1, o->size + 1);
    size_t table = n + (size_t)ftell(out);
    fprintf(out, "xref\n%ld 1\n%010zu 00000 n \n%ld 2\n%010zu 00000 n \n%010zu 00000 n \n", o->root, at[2],
            o->size, at[0], at[1]);
    long info = number_after(o->trailer, o->trailer_end, "/Info");
    fprintf(out, "trailer\n<< /Size %ld /Root %ld 0 R /Prev %ld", o->size + 2, o->root, o->table);
    if (info > 0) fprintf(out, " /Info %ld 0 R", info);
    fprintf(out, " >>\nstartxref\n%zu\n%%%%EOF\n", table);
}

int moim_pdf_attach(FILE *out, const char *pdf, size_t n, const char *name, const char *data, size_t n_data)
{
    struct old o;
    uLongf packed = compressBound(n_data);
    Bytef *bytes = malloc(packed);
    char *update = NULL;
    size_t n_update = 0;
    FILE *more = bytes ? open_memstream(&update, &n_update) : NULL;
    bool made = more && compress2(bytes, &packed, (const Bytef *)data, n_data, 9) == Z_OK;
    if (made && read_old(pdf, n, &o)) put_update(more, n, &o, name, (const char *)bytes, packed, n_data);
    made = more && moim_stream_end(more, &update) && made;
    if (made) fwrite(pdf, 1, n, out);
    if (made) fwrite(update, 1, n_update, out);
    free(update);
    free(bytes);
    return made ? MOIM_OK : MOIM_ENOMEM;
}
