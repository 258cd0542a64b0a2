/* One page that needs nothing else: styles inside, links from the minutes to the words they rest on; with the
 * sound beside or in it, a player that a time starts and that marks what is being said. */
#include "base/text.h"
#include "storage/export.h"
#include "storage/record.h"
#include "storage/transcript_file_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 "
    "1rem;color:#1c2430;background:#fff}"
    "h1{font-size:1.6rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2rem}p.when{color:#5b6675;margin-"
    "top:.2rem}"
    "ol.transcript{list-style:none;padding:0}ol.transcript li{display:flex;gap:.8rem;padding:.25rem 0}"
    "ol.transcript "
    "li:target{background:#fff3c4}time{color:#5b6675;font-variant-numeric:tabular-nums;min-width:3.5rem}"
    "b.who{margin-right:.4rem}a.at{color:#2563eb;text-decoration:none;font-size:.85em;margin-left:.4rem}"
    "@media(prefers-color-scheme:dark){body{background:#12161c;color:#e6eaf0}ol.transcript "
    "li:target{background:#4a3d10}"
    "time,p.when{color:#9aa6b5}a.at{color:#8ab4ff}}"
    "audio{width:100%;position:sticky;top:0}body.sound time{cursor:pointer;text-decoration:underline dotted}"
    "li.now{box-shadow:-3px 0 #2563eb}";

static const char script[] =
    "const a=document.querySelector('audio'),l=[...document.querySelectorAll('li[data-s]')];"
    "document.body.classList.add('sound');"
    "l.forEach(x=>x.querySelector('time').onclick=()=>{a.currentTime=+x.dataset.s;a.play()});"
    "a.ontimeupdate=()=>l.forEach(x=>x.classList.toggle('now',a.currentTime>=+x.dataset.s&&a.currentTime<+x."
    "dataset.e));"
    "document.querySelectorAll('a.at').forEach(x=>x.addEventListener('click',()=>{const "
    "t=document.querySelector(x.hash);if(t)a.currentTime=+t.dataset.s}));";

/* Base 64 (RFC 4648) of a whole file. */
static int put_base64(FILE *out, const char *path, struct moim_err *err)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    FILE *in = fopen(path, "rb");
    if (!in) return moim_fail_errno(err, "%s", path);
    unsigned char b[3];
    for (size_t n; (n = fread(b, 1, 3, in)) > 0;) {
        if (n < 3) b[2] = 0;
        if (n < 2) b[1] = 0;
        fputc(digit[b[0] >> 2], out);
        fputc(digit[(b[0] & 3) << 4 | b[1] >> 4], out);
        fputc(n > 1 ? digit[(b[1] & 15) << 2 | b[2] >> 6] : '=', out);
        fputc(n > 2 ? digit[b[2] & 63] : '=', out);
    }
    int rc = ferror(in) ? moim_fail(err, MOIM_EIO, "%s: cannot be read", path) : MOIM_OK;
    fclose(in);
    return rc;
}

/* A file's name as part of an address (RFC 3986). */
static void put_href(FILE *out, const char *name)
{
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        fprintf(out, plain ? "%c" : "%%%02X", c);
    }
}

static int put_player(FILE *out, const struct moim_document *doc, struct moim_err *err)
{
    int rc = MOIM_OK;
    if (!doc->audio_embed && !doc->audio_href) return MOIM_OK;
    fputs("<audio controls preload=\"metadata\" src=\"", out);
    if (doc->audio_embed) {
        fputs("data:audio/flac;base64,", out);
        rc = put_base64(out, doc->audio_embed, err);
    } else {
        put_href(out, doc->audio_href);
    }
    fputs("\"></audio>\n", out);
    return rc;
}

static void item(FILE *out, const struct moim_item *it, bool minutes_only)
{
    const char *due = *it->due_date ? it->due_date : it->due_text;
    fputs("<li>", out);
    if (*it->owner) {
        fputs("<b class=\"who\">", out);
        moim_put_xml(out, it->owner);
        fputs("</b>", out);
    }
    moim_put_xml(out, it->text);
    if (*due) {
        fputs(" — ", out);
        moim_put_xml(out, due);
    }
    for (int e = 0; !minutes_only && e < it->n_evidence; e++)
        fprintf(out, "<a class=\"at\" href=\"#s%lld\">[%d]</a>", (long long)it->evidence[e], e + 1);
    fputs("</li>\n", out);
}

static void put_mark(FILE *out, const char *at, const char *text)
{
    fprintf(out, "<li class=\"mark\"><time>%s</time><em>", at);
    moim_put_xml(out, text);
    fputs("</em></li>\n", out);
}

static int put_transcript(FILE *out, const struct moim_document *doc)
{
    fprintf(out, "<h2>%s</h2>\n<ol class=\"transcript\">\n", moim_transcript_heading(doc->meeting->language));
    int mark = 0, rc = MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        const struct moim_segment *g = &doc->segments[i];
        rc = moim_marks_until(out, doc, &mark, g->start, put_mark);
        char at[32], own[MOIM_LABEL];
        moim_clock(at, sizeof at, g->start);
        const char *who = moim_line_label(own, doc, g);
        fprintf(out, "<li id=\"s%lld\" data-s=\"%.3f\" data-e=\"%.3f\"><time>%s</time><span>",
                (long long)g->id, g->start, g->end, at);
        if (*who) {
            fputs("<b class=\"who\">", out);
            moim_put_xml(out, who);
            fputs("</b>", out);
        }
        moim_put_xml(out, g->text);
        fputs("</span></li>\n", out);
    }
    if (!rc) rc = moim_marks_until(out, doc, &mark, INFINITY, put_mark);
    fputs("</ol>\n", out);
    return rc;
}

static int write_page(FILE *out, const struct moim_document *doc, struct moim_err *err)
{
    const char *lang = moim_is_language(doc->meeting->language) ? doc->meeting->language : "en";
    fprintf(out,
            "<!doctype html>\n<html lang=\"%s\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
            "content=\"width=device-width\">\n<title>",
            lang);
    moim_put_xml(out, doc->meeting->title);
    fprintf(out, "</title>\n<style>%s</style>\n<h1>", style);
    moim_put_xml(out, doc->meeting->title);
    char length[32];
    moim_clock(length, sizeof length, doc->meeting->duration);
    char day[32];
    moim_local_time(day, doc->meeting->started_at);
    fprintf(out, "</h1>\n<p class=\"when\">%s, %s</p>\n", day, length);
    int rc = put_player(out, doc, err);
    if (rc) return rc;
    for (int k = 0; moim_kinds[k]; k++) {
        int any = 0;
        for (int i = 0; i < doc->n_items; i++) {
            if (strcmp(doc->items[i].kind, moim_kinds[k])) continue;
            if (!any++) fprintf(out, "<h2>%s</h2>\n<ul>\n", moim_kind_heading(moim_kinds[k], lang));
            item(out, &doc->items[i], doc->minutes_only);
        }
        if (any) fputs("</ul>\n", out);
    }
    if (!doc->minutes_only && (rc = put_transcript(out, doc)))
        return moim_fail(err, rc, "export: out of memory");
    if (doc->audio_embed || doc->audio_href) fprintf(out, "<script>%s</script>\n", script);
    return MOIM_OK;
}

/* The meeting as data, sealed for the page's text, which the player is no part of. */
static int put_record(FILE *out, const struct moim_document *doc, struct moim_err *err)
{
    struct moim_document mute = *doc;
    struct moim_package page = {0};
    char *text = NULL, *record = NULL;
    size_t n;
    mute.audio_embed = mute.audio_href = NULL;
    FILE *copy = open_memstream(&text, &n);
    int rc = copy ? write_page(copy, &mute, err) : MOIM_ENOMEM;
    if (copy && !moim_stream_end(copy, &text)) rc = MOIM_ENOMEM;
    if (!rc) rc = moim_html_read(text, n, &page);
    if (!rc && !(record = moim_record_make(doc, page.bare))) rc = MOIM_ENOMEM;
    if (!rc) fprintf(out, "<script type=\"" MOIM_HTML_RECORD "\">%s</script>\n", record);
    free(record);
    moim_package_clear(&page);
    free(text);
    return rc ? moim_fail(err, rc, "export: out of memory") : MOIM_OK;
}

int moim_export_html(FILE *out, const struct moim_document *doc, struct moim_err *err)
{
    int rc = write_page(out, doc, err);
    if (!rc) rc = put_record(out, doc, err);
    if (rc) return rc;
    fputs("</html>\n", out);
    if (fflush(out) || ferror(out)) return moim_fail_errno(err, "export");
    return MOIM_OK;
}
