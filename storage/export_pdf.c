/* PDF: the blocks of export_layout.h on A4 pages, by Pango (lines, letters of any script) and Cairo (the file, with the
 * part of each font that the text needs). Both come with FFmpeg's libraries and are loaded when a PDF is asked for, as
 * audio/decode_ffmpeg.c does it; their calls have not changed in fifteen years, so that no headers are needed.
 *
 * Fonts are fontconfig's. Where none has the text's letters the export fails: boxes are no text. */
#include "base/date.h"
#include "base/text.h"
#include "storage/export_layout.h"
#include "storage/pdf_attach.h"
#include "storage/record.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct rect {
    int x, y, width, height;
};

/* clang-format off */
#define CAIRO(X) \
    X(void *, cairo_pdf_surface_create_for_stream, (int (*)(void *, const unsigned char *, unsigned), void *, double, double)) \
    X(void, cairo_pdf_surface_restrict_to_version, (void *, int)) \
    X(void, cairo_pdf_surface_set_metadata, (void *, int, const char *)) \
    X(void, cairo_surface_finish, (void *)) X(void, cairo_surface_destroy, (void *)) X(int, cairo_surface_status, (void *)) \
    X(void *, cairo_create, (void *)) X(void, cairo_destroy, (void *)) X(int, cairo_status, (void *)) \
    X(void, cairo_show_page, (void *)) X(void, cairo_move_to, (void *, double, double)) \
    X(void, cairo_line_to, (void *, double, double)) X(void, cairo_stroke, (void *)) \
    X(void, cairo_set_line_width, (void *, double)) X(void, cairo_set_source_rgb, (void *, double, double, double))
#define PANGO(X) \
    X(void *, pango_font_description_from_string, (const char *)) X(void, pango_font_description_free, (void *)) \
    X(void, pango_layout_set_font_description, (void *, const void *)) \
    X(void, pango_layout_set_markup, (void *, const char *, int)) X(void, pango_layout_set_width, (void *, int)) \
    X(void, pango_layout_set_wrap, (void *, int)) X(void, pango_layout_set_indent, (void *, int)) \
    X(void, pango_layout_set_ellipsize, (void *, int)) X(void, pango_layout_set_spacing, (void *, int)) X(void, pango_layout_set_alignment, (void *, int)) \
    X(void, pango_layout_get_size, (void *, int *, int *)) X(int, pango_layout_get_unknown_glyphs_count, (void *)) \
    X(void *, pango_layout_get_iter, (void *)) X(void, pango_layout_iter_free, (void *)) \
    X(void *, pango_layout_iter_get_line_readonly, (void *)) X(int, pango_layout_iter_get_baseline, (void *)) \
    X(void, pango_layout_iter_get_line_extents, (void *, struct rect *, struct rect *)) \
    X(int, pango_layout_iter_next_line, (void *))
#define PANGOCAIRO(X) \
    X(void *, pango_cairo_create_layout, (void *)) X(void, pango_cairo_show_layout_line, (void *, void *)) \
    X(void, pango_cairo_show_layout, (void *, void *))
#define GOBJECT(X) X(void, g_object_unref, (void *))
/* clang-format on */

#define DECLARE(type, name, arguments) type(*name) arguments;
static struct {
    CAIRO(DECLARE) PANGO(DECLARE) PANGOCAIRO(DECLARE) GOBJECT(DECLARE) bool there;
} lib; /* the functions, once loaded; nothing of a document's */

static void load(void)
{
    void *cairo = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL);
    void *pango = dlopen("libpango-1.0.so.0", RTLD_NOW | RTLD_LOCAL);
    void *both = dlopen("libpangocairo-1.0.so.0", RTLD_NOW | RTLD_LOCAL);
    void *object = dlopen("libgobject-2.0.so.0", RTLD_NOW | RTLD_LOCAL);
    bool all = cairo && pango && both && object;
#define FIND(from, name) all = all && (*(void **)&lib.name = dlsym(from, #name)) != NULL;
#define IN_CAIRO(type, name, arguments) FIND(cairo, name)
#define IN_PANGO(type, name, arguments) FIND(pango, name)
#define IN_BOTH(type, name, arguments) FIND(both, name)
#define IN_OBJECT(type, name, arguments) FIND(object, name)
    CAIRO(IN_CAIRO) PANGO(IN_PANGO) PANGOCAIRO(IN_BOTH) GOBJECT(IN_OBJECT) lib.there = all;
}

#define GREY 0.35
#define SCALE 1024 /* Pango's units of a point */
#define PAGE_WIDTH 595.0
#define PAGE_HEIGHT 842.0
#define MARGIN 62.0
#define WIDTH (PAGE_WIDTH - 2 * MARGIN)
#define BOTTOM (PAGE_HEIGHT - 70)
#define FAMILY "NanumGothic,Noto Sans CJK KR,Noto Sans KR,Malgun Gothic,DejaVu Sans,sans-serif "
enum { META_TITLE, META_AUTHOR, META_CREATOR = 4, META_CREATED };

enum { BODY_FONT, TITLE_FONT, SMALL_FONT, HEAD_FONT, FONTS };
static const char *const font_name[FONTS] = {FAMILY "10.5", FAMILY "Bold 19", FAMILY "9", FAMILY "Bold 14"};

struct pdf {
    FILE *out;
    void *surface, *cr, *layout, *font[FONTS];
    const char *title;
    double shade, y; /* y: from the page's top; the next line's */
    int page, unknown;
    int failed; /* errno of the first write that did not succeed */
    int rc;
};

static int write_out(void *arg, const unsigned char *bytes, unsigned n)
{
    struct pdf *p = arg;
    if (fwrite(bytes, 1, n, p->out) == n) return 0;
    if (!p->failed) p->failed = errno ? errno : EIO;
    return 11; /* CAIRO_STATUS_WRITE_ERROR */
}

/* ---- pieces ---- */

/* The words in the layout, with the width of a line in points and an indent of what follows the first. */
static void set_words(struct pdf *p, int font, const char *markup, double width, double hang)
{
    lib.pango_layout_set_font_description(p->layout, p->font[font]);
    lib.pango_layout_set_width(p->layout, (int)(width * SCALE));
    lib.pango_layout_set_indent(p->layout, (int)(-hang * SCALE));
    lib.pango_layout_set_markup(p->layout, markup, -1);
    p->unknown += lib.pango_layout_get_unknown_glyphs_count(p->layout);
}

static double height_of(struct pdf *p)
{
    int width, height;
    lib.pango_layout_get_size(p->layout, &width, &height);
    return (double)height / SCALE;
}

/* 0: black; returns the shade before. */
static double set_shade(struct pdf *p, double shade)
{
    double before = p->shade;
    p->shade = shade;
    lib.cairo_set_source_rgb(p->cr, shade, shade, shade);
    return before;
}

/* Grey words outside the text's area, one line. */
static void put_aside(struct pdf *p, const char *markup, double y, bool center)
{
    double before = set_shade(p, GREY);
    lib.pango_layout_set_alignment(p->layout, center ? 1 : 0);
    lib.pango_layout_set_ellipsize(p->layout, 3);
    set_words(p, SMALL_FONT, markup, WIDTH, 0);
    lib.cairo_move_to(p->cr, MARGIN, y);
    lib.pango_cairo_show_layout(p->cr, p->layout);
    lib.pango_layout_set_ellipsize(p->layout, 0);
    lib.pango_layout_set_alignment(p->layout, 0);
    set_shade(p, before);
}

static void next_page(struct pdf *p)
{
    char number[32];
    if (p->page) lib.cairo_show_page(p->cr);
    p->page++;
    p->y = MARGIN;
    if (p->page > 1) put_aside(p, p->title, 34, false);
    snprintf(number, sizeof number, "%d", p->page);
    put_aside(p, number, PAGE_HEIGHT - 48, true);
}

/* A page's beginning writes into the layout: what is wanted must be set after. */
static void make_room(struct pdf *p, double height)
{
    if (p->y + height > BOTTOM) next_page(p);
}

/* The words, line by line over as many pages as they take. */
static void put_words(struct pdf *p, int font, const char *markup, double left, double hang)
{
    make_room(p, 16);
    set_words(p, font, markup, WIDTH - left, hang);
    double begin = 0, from = p->y;
    void *i = lib.pango_layout_get_iter(p->layout), *keep = NULL;
    do {
        struct rect line;
        lib.pango_layout_iter_get_line_extents(i, NULL, &line);
        double top = (double)line.y / SCALE, height = (double)line.height / SCALE;
        double x = MARGIN + left + (double)line.x / SCALE;
        if (from + top - begin + height > BOTTOM && top > begin) {
            keep = p->layout; /* the new page's header takes another layout */
            p->layout = lib.pango_cairo_create_layout(p->cr);
            next_page(p);
            lib.g_object_unref(p->layout);
            p->layout = keep;
            from = p->y;
            begin = top;
        }
        lib.cairo_move_to(p->cr, x, from - begin + (double)lib.pango_layout_iter_get_baseline(i) / SCALE);
        lib.pango_cairo_show_layout_line(p->cr, lib.pango_layout_iter_get_line_readonly(i));
        p->y = from + top - begin + height;
    } while (lib.pango_layout_iter_next_line(i));
    lib.pango_layout_iter_free(i);
}

/* Escaped words with what stands before them; NULL when memory runs out. */
static char *markup_of(const struct moim_block *b, const char *before, const char *between, const char *due)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (!out) return NULL;
    fputs(before, out);
    if (*b->cell[MOIM_CELL_WHO]) {
        fputs("<b>", out);
        moim_put_xml(out, b->cell[MOIM_CELL_WHO]);
        fprintf(out, "%s</b>", between);
    }
    moim_put_xml(out, b->cell[MOIM_CELL_TEXT]);
    if (*due) fputs(" — ", out);
    moim_put_xml(out, due);
    if (moim_stream_end(out, &text)) return text;
    free(text);
    return NULL;
}

static char *escaped(const char *words, bool bold)
{
    struct moim_block b = {.cell = {(char *)(uintptr_t)words, (char *)(uintptr_t) "", NULL, NULL}};
    char *inner = markup_of(&b, "", "", ""), *text = NULL;
    if (!bold || !inner) return inner;
    if (asprintf(&text, "<b>%s</b>", inner) < 0) text = NULL;
    free(inner);
    return text;
}

/* ---- blocks ---- */

static void put_line(struct pdf *p, const struct moim_block *b)
{
    char *text = markup_of(b, b->kind == MOIM_BLOCK_MARK ? "— " : "", ": ", "");
    if (!text) {
        p->rc = MOIM_ENOMEM;
        return;
    }
    make_room(p, 20);
    double y = p->y;
    set_words(p, SMALL_FONT, b->cell[MOIM_CELL_TIME], 60, 0);
    set_shade(p, GREY);
    lib.cairo_move_to(p->cr, MARGIN, y + 1.5);
    lib.pango_cairo_show_layout(p->cr, p->layout);
    if (b->kind == MOIM_BLOCK_LINE) set_shade(p, 0);
    put_words(p, BODY_FONT, text, 46, 0);
    set_shade(p, 0);
    p->y += 4;
    free(text);
}

static void put_text(struct pdf *p, const struct moim_block *b)
{
    static const int font[] = {TITLE_FONT, SMALL_FONT, HEAD_FONT, BODY_FONT, BODY_FONT};
    bool point = b->kind >= MOIM_BLOCK_POINT;
    char *text = markup_of(b, point ? "•  " : "", ": ", point ? b->cell[MOIM_CELL_DUE] : "");
    if (!text) {
        p->rc = MOIM_ENOMEM;
        return;
    }
    if (b->kind == MOIM_BLOCK_HEADING) make_room(p, 70), p->y += 14; /* not alone at a page's end */
    if (b->kind == MOIM_BLOCK_WHEN) set_shade(p, GREY);
    put_words(p, font[b->kind], text, 0, point ? 11 : 0);
    set_shade(p, 0);
    p->y += b->kind == MOIM_BLOCK_WHEN ? 8 : point ? 2 : 4;
    free(text);
}

static void rule(struct pdf *p, double y)
{
    double before = set_shade(p, 0.65);
    lib.cairo_set_line_width(p->cr, 0.5);
    lib.cairo_move_to(p->cr, MARGIN, y);
    lib.cairo_line_to(p->cr, MARGIN + WIDTH, y);
    lib.cairo_stroke(p->cr);
    set_shade(p, before);
}

#define PADDING 4.0

/* A row of the table of tasks; one that no page holds becomes a line of the minutes. */
static void put_row(struct pdf *p, const struct moim_block *b, bool head)
{
    static const double share[MOIM_CELLS] = {0.52, 0.18, 0.18, 0.12};
    char *text[MOIM_CELLS];
    double height = 0, x = MARGIN;
    for (int c = 0; c < MOIM_CELLS; c++) {
        text[c] = escaped(b->cell[c], head);
        if (!text[c]) p->rc = MOIM_ENOMEM;
        set_words(p, SMALL_FONT, text[c] ? text[c] : "", share[c] * WIDTH - 2 * PADDING, 0);
        if (height_of(p) > height) height = height_of(p);
    }
    bool fits = height + 2 * PADDING < BOTTOM - MARGIN;
    if (fits) make_room(p, height + 2 * PADDING + (head ? 30 : 0));
    if (fits && (head || p->y == MARGIN)) rule(p, p->y);
    for (int c = 0; fits && !p->rc && c < MOIM_CELLS; x += share[c++] * WIDTH) {
        set_words(p, SMALL_FONT, text[c], share[c] * WIDTH - 2 * PADDING, 0);
        lib.cairo_move_to(p->cr, x + (c ? PADDING : 0), p->y + PADDING);
        lib.pango_cairo_show_layout(p->cr, p->layout);
    }
    for (int c = 0; c < MOIM_CELLS; c++) free(text[c]);
    if (!fits && !p->rc) put_text(p, b);
    if (fits) p->y += height + 2 * PADDING, rule(p, p->y);
}

static void put_blocks(struct pdf *p, const struct moim_blocks *all)
{
    next_page(p);
    for (int i = 0; !p->rc && i < all->n; i++) {
        const struct moim_block *b = &all->list[i];
        if (b->kind >= MOIM_BLOCK_LINE)
            put_line(p, b);
        else if (b->kind == MOIM_BLOCK_TASK)
            put_row(p, b, all->list[i - 1].kind != MOIM_BLOCK_TASK);
        else
            put_text(p, b);
    }
    lib.cairo_show_page(p->cr);
}

/* ---- the file ---- */

static void set_metadata(struct pdf *p, const struct moim_meeting *m)
{
    char when[32];
    char *title = moim_text_clean(m->title, false);
    if (title)
        lib.cairo_pdf_surface_set_metadata(p->surface, META_TITLE, title);
    else
        p->rc = MOIM_ENOMEM;
    free(title);
    lib.cairo_pdf_surface_set_metadata(p->surface, META_CREATOR, "moim");
    if (m->started_at >= -2208988800 &&
        moim_instant_format(m->started_at, when)) /* cairo knows years from 1900 on */
        lib.cairo_pdf_surface_set_metadata(p->surface, META_CREATED, when);
}

static int finish(struct pdf *p, const char *path, struct moim_err *err)
{
    lib.cairo_surface_finish(p->surface);
    int status = lib.cairo_surface_status(p->surface), drawn = lib.cairo_status(p->cr);
    if (p->failed) {
        errno = p->failed;
        return moim_fail_errno(err, "%s", path);
    }
    if (p->rc || status == 1 || drawn == 1) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    if (status || drawn) return moim_fail(err, MOIM_EIO, "%s: Cairo cannot write it (%d)", path, status);
    if (p->unknown)
        return moim_fail(err, MOIM_ENOENT,
                         "%s: no font here has %d of its letters; install one, for Korean: fonts-nanum", path,
                         p->unknown);
    return MOIM_OK;
}

static int draw(struct pdf *p, const struct moim_document *doc, const struct moim_blocks *all,
                const char *path, struct moim_err *err)
{
    p->surface = lib.cairo_pdf_surface_create_for_stream(write_out, p, PAGE_WIDTH, PAGE_HEIGHT);
    lib.cairo_pdf_surface_restrict_to_version(p->surface, 0); /* 1.4: a plain table of references */
    set_metadata(p, doc->meeting);
    p->cr = lib.cairo_create(p->surface);
    p->layout = lib.pango_cairo_create_layout(p->cr);
    lib.pango_layout_set_wrap(p->layout, 2); /* between words, else between letters */
    lib.pango_layout_set_spacing(p->layout, 3 * SCALE);
    for (int i = 0; i < FONTS; i++) p->font[i] = lib.pango_font_description_from_string(font_name[i]);
    put_blocks(p, all);
    int rc = finish(p, path, err);
    for (int i = 0; i < FONTS; i++) lib.pango_font_description_free(p->font[i]);
    lib.g_object_unref(p->layout);
    lib.cairo_destroy(p->cr);
    lib.cairo_surface_destroy(p->surface);
    return rc;
}

/* Draws into memory, then writes with the meeting as an attachment. */
static int draw_whole(FILE *out, const struct moim_document *doc, struct pdf *p,
                      const struct moim_blocks *all, const char *path, struct moim_err *err)
{
    char *made = NULL, *json = moim_record_json(doc);
    size_t n;
    p->out = json ? open_memstream(&made, &n) : NULL;
    int rc = p->out ? draw(p, doc, all, path, err) : MOIM_ENOMEM;
    if (p->out && !moim_stream_end(p->out, &made)) rc = MOIM_ENOMEM;
    if (!rc) rc = moim_pdf_attach(out, made, n, MOIM_PDF_RECORD, json, strlen(json));
    if (rc == MOIM_ENOMEM) moim_fail(err, rc, "%s: out of memory", path);
    if (!rc && (fflush(out) || ferror(out))) rc = moim_fail_errno(err, "%s", path);
    free(made);
    free(json);
    return rc;
}

int moim_export_pdf(FILE *out, const char *path, const struct moim_document *doc, struct moim_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct moim_blocks all;
    pthread_once(&once, load);
    if (!lib.there)
        return moim_fail(err, MOIM_ENOENT, "%s: PDF needs Pango and Cairo; install libpangocairo-1.0-0",
                         path);
    int rc = moim_blocks_make(&all, doc);
    char *title = rc ? NULL : escaped(doc->meeting->title, false);
    struct pdf p = {.title = title};
    rc = title ? draw_whole(out, doc, &p, &all, path, err)
               : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    free(title);
    moim_blocks_free(&all);
    return rc;
}
