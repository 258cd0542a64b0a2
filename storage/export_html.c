/* One page that needs nothing else: styles inside, no script, links from the minutes to the words they rest
 * on. */
#include "storage/export.h"

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
    "time,p.when{color:#9aa6b5}a.at{color:#8ab4ff}}";

static void text(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*s, out);
        }
    }
}

static void item(FILE *out, const struct moim_item *it)
{
    const char *due = *it->due_date ? it->due_date : it->due_text;
    fputs("<li>", out);
    if (*it->owner) {
        fputs("<b class=\"who\">", out);
        text(out, it->owner);
        fputs("</b>", out);
    }
    text(out, it->text);
    if (*due) {
        fputs(" — ", out);
        text(out, due);
    }
    for (int e = 0; e < it->n_evidence; e++)
        fprintf(out, "<a class=\"at\" href=\"#s%lld\">[%d]</a>", (long long)it->evidence[e], e + 1);
    fputs("</li>\n", out);
}

void moim_export_html(FILE *out, const struct moim_document *doc)
{
    const char *lang = *doc->meeting->language ? doc->meeting->language : "en";
    fprintf(out,
            "<!doctype html>\n<html lang=\"%s\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
            "content=\"width=device-width\">\n<title>",
            lang);
    text(out, doc->meeting->title);
    fprintf(out, "</title>\n<style>%s</style>\n<h1>", style);
    text(out, doc->meeting->title);
    char length[32];
    moim_clock(length, sizeof length, doc->meeting->duration);
    fprintf(out, "</h1>\n<p class=\"when\">%s</p>\n", length);
    for (int k = 0; moim_kinds[k]; k++) {
        int any = 0;
        for (int i = 0; i < doc->n_items; i++) {
            if (strcmp(doc->items[i].kind, moim_kinds[k])) continue;
            if (!any++) fprintf(out, "<h2>%s</h2>\n<ul>\n", moim_kind_heading(moim_kinds[k], lang));
            item(out, &doc->items[i]);
        }
        if (any) fputs("</ul>\n", out);
    }
    fprintf(out, "<h2>%s</h2>\n<ol class=\"transcript\">\n",
            !strcmp(lang, "ko") ? "전체 기록" : "Transcript");
    for (int i = 0; i < doc->n_segments; i++) {
        const struct moim_segment *g = &doc->segments[i];
        char at[32], who[128];
        moim_clock(at, sizeof at, g->start);
        moim_speaker_label(who, sizeof who, g, lang);
        fprintf(out, "<li id=\"s%lld\"><time>%s</time><span>", (long long)g->id, at);
        if (*who) {
            fputs("<b class=\"who\">", out);
            text(out, who);
            fputs("</b>", out);
        }
        text(out, g->text);
        fputs("</span></li>\n", out);
    }
    fputs("</ol>\n</html>\n", out);
}
