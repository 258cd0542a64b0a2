/* A note of Obsidian's: properties in front, people as links, tasks to tick with their day, and links from the minutes to
 * the lines that they rest on (a line ends in its block's name, "^s12"). */
#include "storage/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A string of YAML's in double quotes. */
static void put_yaml(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f) {
            fprintf(out, "\\x%02x", (unsigned char)*s);
            continue;
        }
        if (*s == '"' || *s == '\\') fputc('\\', out);
        fputc(*s, out);
    }
    fputc('"', out);
}

/* A note's name has none of these. */
static bool may_link(const char *name)
{
    return *name && !strpbrk(name, "[]|#^\\/:\n\r\t") && *name != '.';
}

static void put_person(FILE *out, const char *name)
{
    if (may_link(name))
        fprintf(out, "[[%s]]", name);
    else
        moim_put_md(out, name);
}

static bool was_listed(const struct moim_document *doc, int i)
{
    for (int j = 0; j < i; j++)
        if (!strcmp(doc->segments[j].speaker_name, doc->segments[i].speaker_name)) return true;
    return false;
}

static void put_properties(FILE *out, const struct moim_document *doc)
{
    const struct moim_meeting *m = doc->meeting;
    char when[32];
    moim_local_time(when, m->started_at);
    fputs("---\ntitle: ", out);
    put_yaml(out, m->title);
    fprintf(out, "\ndate: %.10s\ntime: \"%s\"\nduration_s: %.0f\nlanguage: ", when,
            strlen(when) > 11 ? when + 11 : "", m->duration);
    put_yaml(out, m->language);
    fputs("\ntags:\n  - meeting\nattendees:\n", out);
    for (int i = 0; i < doc->n_segments; i++) {
        const char *name = doc->segments[i].speaker_name;
        char *link;
        if (!*name || was_listed(doc, i) || asprintf(&link, may_link(name) ? "[[%s]]" : "%s", name) < 0)
            continue;
        fputs("  - ", out);
        put_yaml(out, link);
        fputc('\n', out);
        free(link);
    }
    fputs("---\n\n", out);
}

static bool is_day(const char *s)
{
    return strlen(s) == 10 && strspn(s, "0123456789-") == 10;
}

static void put_item(FILE *out, const struct moim_document *doc, const struct moim_item *it)
{
    bool task = !strcmp(it->kind, "action");
    const char *due = *it->due_date ? it->due_date : it->due_text;
    char at[32];
    fputs(task ? "- [ ] " : "- ", out);
    if (*it->owner) {
        put_person(out, it->owner);
        fputs(": ", out);
    }
    moim_put_md(out, it->text);
    for (int e = 0; !doc->minutes_only && e < it->n_evidence; e++) {
        moim_clock(at, sizeof at, it->start);
        fprintf(out, " [[#^s%lld|%s]]", (long long)it->evidence[e], e ? "+" : at);
    }
    if (*due) fputs(task && is_day(due) ? " 📅 " : " — ", out); /* the Tasks plugin's sign of a day */
    moim_put_md(out, due);
    fputc('\n', out);
}

static void put_items(FILE *out, const struct moim_document *doc)
{
    for (int k = 0; moim_kinds[k]; k++) {
        bool any = false;
        for (int i = 0; i < doc->n_items; i++) {
            if (strcmp(doc->items[i].kind, moim_kinds[k])) continue;
            if (!any) fprintf(out, "## %s\n\n", moim_kind_heading(moim_kinds[k], doc->meeting->language));
            any = true;
            put_item(out, doc, &doc->items[i]);
        }
        if (any) fputc('\n', out);
    }
}

int moim_export_obsidian(FILE *out, const struct moim_document *doc)
{
    int mark = 0, rc = MOIM_OK;
    put_properties(out, doc);
    fputs("# ", out);
    moim_put_md(out, doc->meeting->title);
    fputs("\n\n", out);
    put_items(out, doc);
    if (doc->minutes_only) return MOIM_OK;
    fprintf(out, "## %s\n\n", moim_transcript_heading(doc->meeting->language));
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        const struct moim_segment *g = &doc->segments[i];
        char at[32], own[MOIM_LABEL];
        const char *who = moim_line_label(own, doc, g);
        rc = moim_marks_until(out, doc, &mark, g->start, moim_put_md_mark);
        moim_clock(at, sizeof at, g->start);
        fprintf(out, "**%s** ", at);
        if (g->speaker_name == who && *who)
            put_person(out, who);
        else
            moim_put_md(out, who);
        if (*who) fputs(": ", out);
        moim_put_md(out, g->text);
        fprintf(out, " ^s%lld\n\n", (long long)g->id);
    }
    return rc ? rc : moim_marks_until(out, doc, &mark, INFINITY, moim_put_md_mark);
}
