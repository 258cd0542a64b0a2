/* A PDF as lines, and the meeting that moim attached to it (export_pdf.c), by Poppler. It is loaded when one is read, as
 * export_pdf.c loads Cairo: its calls are old and need no headers. */
#include "base/text.h"
#include "storage/record.h"
#include "storage/transcript_file_int.h"

#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST (64u << 20)
#define PAGES_MOST 20000

struct list { /* GList */
    void *data;
    struct list *next, *before;
};

struct box { /* PopplerRectangle */
    double x1, y1, x2, y2;
};

/* clang-format off */
#define POPPLER(X) \
    X(void *, poppler_document_new_from_bytes, (void *, const char *, void **)) \
    X(int, poppler_document_get_n_pages, (void *)) X(void *, poppler_document_get_page, (void *, int)) \
    X(char *, poppler_page_get_text, (void *)) X(int, poppler_page_get_text_layout, (void *, struct box **, unsigned *)) \
    X(struct list *, poppler_document_get_attachments, (void *)) \
    X(const char *, poppler_attachment_get_name, (void *)) \
    X(int, poppler_attachment_save_to_callback, (void *, int (*)(const char *, size_t, void *, void **), void *, void **))
#define GOBJECT(X) X(void, g_object_unref, (void *))
#define GLIB(X) \
    X(void *, g_bytes_new, (const void *, size_t)) X(void, g_bytes_unref, (void *)) X(void, g_free, (void *)) \
    X(void, g_list_free, (void *)) X(void, g_error_free, (void *))
/* clang-format on */

#define DECLARE(type, name, arguments) type(*name) arguments;
static struct {
    POPPLER(DECLARE) GOBJECT(DECLARE) GLIB(DECLARE) bool there;
} lib; /* the functions, once loaded; nothing of a document's */

static void load(void)
{
    void *poppler = dlopen("libpoppler-glib.so.8", RTLD_NOW | RTLD_LOCAL);
    void *object = dlopen("libgobject-2.0.so.0", RTLD_NOW | RTLD_LOCAL);
    void *glib = dlopen("libglib-2.0.so.0", RTLD_NOW | RTLD_LOCAL);
    bool all = poppler && object && glib;
#define FIND(from, name) all = all && (*(void **)&lib.name = dlsym(from, #name)) != NULL;
#define IN_POPPLER(type, name, arguments) FIND(poppler, name)
#define IN_OBJECT(type, name, arguments) FIND(object, name)
#define IN_GLIB(type, name, arguments) FIND(glib, name)
    POPPLER(IN_POPPLER) GOBJECT(IN_OBJECT) GLIB(IN_GLIB) lib.there = all;
}

/* ---- the attachment ---- */

static int save(const char *bytes, size_t n, void *to, void **error)
{
    (void)error;
    return ftell(to) + (long)n < (long)TEXT_MOST && fwrite(bytes, 1, n, to) == n;
}

static char *contents(void *attachment)
{
    char *text = NULL;
    size_t n;
    void *why = NULL;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    bool whole = lib.poppler_attachment_save_to_callback(attachment, save, out, &why);
    if (why) lib.g_error_free(why);
    if (moim_stream_end(out, &text) && whole) return text;
    free(text);
    return NULL;
}

static char *find_record(void *document)
{
    char *json = NULL;
    struct list *all = lib.poppler_document_get_attachments(document);
    for (struct list *i = all; i; i = i->next) {
        const char *name = lib.poppler_attachment_get_name(i->data);
        if (!json && name && !strcmp(name, MOIM_PDF_RECORD)) json = contents(i->data);
        lib.g_object_unref(i->data);
    }
    lib.g_list_free(all);
    return json;
}

/* ---- the pages ---- */

/* Letters that follow one another; y: from the page's top, of their middle. */
struct piece {
    const char *text;
    size_t n;
    double x, y, height;
};

static int by_place(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    return p->y < q->y ? -1 : p->y > q->y ? 1 : p->x < q->x ? -1 : p->x > q->x;
}

/* Poppler reads columns one after the other: a transcript's times would stand apart from what was said. */
static size_t find_pieces(const char *text, const struct box *box, size_t boxes, struct piece *out)
{
    size_t n = 0, at = 0;
    for (const char *s = text; *s;) {
        size_t len = strcspn(s, "\n"), letters = 0;
        for (size_t i = 0; i < len; i++) letters += ((unsigned char)s[i] & 0xc0) != 0x80;
        if (len && at < boxes)
            out[n++] =
                (struct piece){s, len, box[at].x1, (box[at].y1 + box[at].y2) / 2, box[at].y2 - box[at].y1};
        at += letters + (s[len] == '\n');
        s += len + (s[len] == '\n');
    }
    return n;
}

/* Pieces of one height are one line, from left to right. */
static void join_lines(struct piece *p, size_t n)
{
    qsort(p, n, sizeof *p, by_place);
    for (size_t i = 1; i < n; i++)
        if (p[i].y - p[i - 1].y < p[i].height / 2) p[i].y = p[i - 1].y;
    qsort(p, n, sizeof *p, by_place);
}

static bool begins_with_time(const char *s, size_t n)
{
    size_t used;
    return moim_text_clock(s, n, &used) >= 0 && (used == n || isspace((unsigned char)s[used]));
}

/* What a time began goes on below where a line begins with none; a page's number, the last, is none of it. */
static void put_pieces(FILE *out, const struct piece *p, size_t n, bool *open_line)
{
    for (size_t i = 0; i < n; i++) {
        bool digits = strspn(p[i].text, "0123456789") >= p[i].n, begins = !i || p[i].y > p[i - 1].y;
        bool timed = begins && begins_with_time(p[i].text, p[i].n);
        if (digits && i + 1 == n) continue;
        bool mark =
            i && !begins && begins_with_time(p[i - 1].text, p[i - 1].n) && !strncmp(p[i].text, "— ", 4);
        if (ftell(out)) fputc(timed || (begins && !*open_line) ? '\n' : ' ', out);
        if (mark) fputs("-- ", out); /* as in our texts */
        fwrite(p[i].text + (mark ? 4 : 0), 1, p[i].n - (mark ? 4 : 0), out);
        *open_line = timed || *open_line;
    }
}

static void put_page(FILE *out, void *page, bool *open_line)
{
    char *text = lib.poppler_page_get_text(page);
    struct box *box = NULL;
    unsigned boxes = 0;
    struct piece *p = text ? calloc(strlen(text) + 1, sizeof *p) : NULL;
    if (p && lib.poppler_page_get_text_layout(page, &box, &boxes)) {
        size_t n = find_pieces(text, box, boxes, p);
        join_lines(p, n);
        put_pieces(out, p, n, open_line);
    }
    free(p);
    lib.g_free(box);
    lib.g_free(text);
}

static int read_pages(void *document, FILE *out)
{
    int pages = lib.poppler_document_get_n_pages(document);
    bool open_line = false;
    for (int i = 0; i < pages && i < PAGES_MOST; i++) {
        void *page = lib.poppler_document_get_page(document, i);
        if (page) put_page(out, page, &open_line);
        if (page) lib.g_object_unref(page);
        if (ferror(out)) return MOIM_ENOMEM;
        if (ftell(out) > (long)TEXT_MOST) return MOIM_EINVAL;
    }
    return MOIM_OK;
}

int moim_pdf_read(const char *data, size_t n, struct moim_pdf_text *p)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    void *why = NULL;
    size_t n_text;
    *p = (struct moim_pdf_text){NULL, NULL};
    pthread_once(&once, load);
    if (!lib.there) return MOIM_EUNSUP;
    void *bytes = lib.g_bytes_new(data, n),
         *document = lib.poppler_document_new_from_bytes(bytes, NULL, &why);
    lib.g_bytes_unref(bytes);
    if (why) lib.g_error_free(why);
    if (!document) return MOIM_EFORMAT;
    FILE *out = open_memstream(&p->text, &n_text);
    p->json = find_record(document);
    int rc = !out ? MOIM_ENOMEM : p->json ? MOIM_OK : read_pages(document, out);
    if (out && !moim_stream_end(out, &p->text)) rc = MOIM_ENOMEM;
    lib.g_object_unref(document);
    if (!rc) return MOIM_OK;
    free(p->text);
    free(p->json);
    *p = (struct moim_pdf_text){NULL, NULL};
    return rc;
}
