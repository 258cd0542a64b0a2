/* Word: the least of Office Open XML (ECMA-376) that Word and LibreOffice open, in a zip by libzip. */
#include "base/text.h"
#include "storage/export.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

static const char content_types[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/word/document.xml\""
    " ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></"
    "Types>";
static const char relations[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"r1\" "
    "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\""
    " Target=\"word/document.xml\"/></Relationships>";

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

static void run(FILE *out, const char *s, int half_points, bool bold)
{
    fprintf(out, "<w:r><w:rPr>%s<w:sz w:val=\"%d\"/></w:rPr><w:t xml:space=\"preserve\">",
            bold ? "<w:b/>" : "", half_points);
    moim_put_xml(out, s);
    fputs("</w:t></w:r>", out);
}

static void paragraph(FILE *out, const char *lead, const char *s, const char *tail, int half_points,
                      bool bold)
{
    fputs("<w:p>", out);
    if (*lead) run(out, lead, half_points, true);
    run(out, s, half_points, bold);
    if (*tail) run(out, tail, half_points, false);
    fputs("</w:p>", out);
}

static int write_items(FILE *out, const struct moim_document *doc)
{
    for (int k = 0; moim_kinds[k]; k++) {
        bool any = false;
        for (int i = 0; i < doc->n_items; i++) {
            const struct moim_item *it = &doc->items[i];
            char *lead = NULL, *tail = NULL;
            const char *due = *it->due_date ? it->due_date : it->due_text;
            if (strcmp(it->kind, moim_kinds[k])) continue;
            if (!any) paragraph(out, "", moim_kind_heading(it->kind, doc->meeting->language), "", 28, true);
            any = true;
            if (asprintf(&lead, "%s%s", it->owner, *it->owner ? ": " : "") < 0) return MOIM_ENOMEM;
            if (asprintf(&tail, "%s%s", *due ? " — " : "", due) < 0) tail = NULL;
            if (tail) paragraph(out, lead, it->text, tail, 22, false);
            free(lead);
            if (!tail) return MOIM_ENOMEM;
            free(tail);
        }
    }
    return MOIM_OK;
}

static void put_mark(FILE *out, const char *at, const char *text)
{
    char lead[48];
    snprintf(lead, sizeof lead, "%s — ", at);
    paragraph(out, lead, text, "", 18, false);
}

static int write_body(FILE *out, const struct moim_document *doc)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
          "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>",
          out);
    char day[32], length[32], when[72];
    moim_local_time(day, doc->meeting->started_at);
    moim_clock(length, sizeof length, doc->meeting->duration);
    snprintf(when, sizeof when, "%s, %s", day, length);
    paragraph(out, "", doc->meeting->title, "", 36, true);
    paragraph(out, "", when, "", 20, false);
    int mark = 0, rc = write_items(out, doc);
    paragraph(out, "", !strcmp(doc->meeting->language, "ko") ? "전체 기록" : "Transcript", "", 28, true);
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        char at[32], own[MOIM_LABEL], *lead;
        rc = moim_marks_until(out, doc, &mark, doc->segments[i].start, put_mark);
        moim_clock(at, sizeof at, doc->segments[i].start);
        const char *who = moim_line_label(own, doc, &doc->segments[i]);
        if (asprintf(&lead, "%s %s%s", at, who, *who ? "  " : " ") < 0) return MOIM_ENOMEM;
        paragraph(out, lead, doc->segments[i].text, "", 22, false);
        free(lead);
    }
    if (!rc) rc = moim_marks_until(out, doc, &mark, INFINITY, put_mark);
    fputs("<w:sectPr/></w:body></w:document>", out);
    return rc;
}

static bool add_part(zip_t *z, const char *name, const void *data, size_t n)
{
    zip_source_t *src = zip_source_buffer(z, data, n, 0);
    if (!src) return false;
    if (zip_file_add(z, name, src, ZIP_FL_ENC_UTF_8) >= 0) return true;
    zip_source_free(src);
    return false;
}

int moim_export_docx(const char *path, const struct moim_document *doc, struct moim_err *err)
{
    char *body = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&body, &n);
    if (!out) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    int rc = write_body(out, doc);
    if (fclose(out) || rc) {
        free(body);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (!z) {
        rc = moim_fail_errno(err, "%s", path);
    } else if (!add_part(z, "[Content_Types].xml", content_types, sizeof content_types - 1) ||
               !add_part(z, "_rels/.rels", relations, sizeof relations - 1) ||
               !add_part(z, "word/document.xml", body, n)) {
        zip_discard(z);
        rc = moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    } else if (zip_close(z)) {
        rc = moim_fail(err, MOIM_EIO, "%s: %s", path, zip_strerror(z));
        zip_discard(z);
    }
    free(body);
    return rc;
}

int moim_zip_two(const char *tmp, const char *path, const char *entry, const char *file, const char *sound,
                 const char *audio, struct moim_err *err)
{
    if (access(audio, R_OK)) return moim_fail_errno(err, "%s", audio);
    zip_t *z = zip_open(tmp, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (!z) return moim_fail_errno(err, "%s", path);
    zip_source_t *doc = zip_source_file(z, file, 0, -1), *flac = zip_source_file(z, audio, 0, -1);
    zip_int64_t a = doc ? zip_file_add(z, entry, doc, ZIP_FL_ENC_UTF_8) : -1;
    zip_int64_t b = flac && a >= 0 ? zip_file_add(z, sound, flac, ZIP_FL_ENC_UTF_8) : -1;
    if (a < 0 && doc) zip_source_free(doc);
    if (b < 0 && flac) zip_source_free(flac);
    /* FLAC is compressed already. */
    if (b >= 0 && !zip_set_file_compression(z, (zip_uint64_t)b, ZIP_CM_STORE, 0) && !zip_close(z))
        return MOIM_OK;
    int rc = moim_fail(err,
                       zip_error_system_type(zip_get_error(z)) == ZIP_ET_SYS &&
                               zip_error_code_system(zip_get_error(z)) == ENOSPC
                           ? MOIM_ENOSPC
                           : MOIM_EIO,
                       "%s: %s", path, zip_strerror(z));
    zip_discard(z);
    return rc;
}
