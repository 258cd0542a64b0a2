/* A meeting for readers of plain text and Markdown. */
#include "storage/export_cues.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *moim_transcript_heading(const char *language)
{
    return !strcmp(language, "ko") ? "전체 기록" : "Transcript";
}

char *moim_mark_text(const struct moim_bookmark *b, const char *language)
{
    static const struct {
        const char *kind, *en, *ko;
    } words[] = {{"gap", "sound lost by the device", "장치에서 소리가 끊김"},
                 {"overrun", "sound lost", "소리를 놓침"},
                 {"pause", "paused", "일시 정지"},
                 {"resume", "resumed", "다시 시작"},
                 {"device-lost", "microphone gone", "마이크 연결이 끊김"},
                 {"device-back", "microphone back", "마이크가 다시 연결됨"},
                 {"clipped", "too loud", "소리가 너무 큼"},
                 {"silent", "nothing heard", "소리가 들리지 않음"},
                 {"damaged", "the recording's file was damaged", "녹음 파일이 손상됨"}};
    bool ko = !strcmp(language, "ko");
    const char *end = *b->note == '(' ? strchr(b->note, ')') : NULL;
    for (size_t i = 0; end && i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].kind);
        if (n != (size_t)(end - b->note - 1) || memcmp(b->note + 1, words[i].kind, n)) continue;
        const char *rest = end + 1 + strspn(end + 1, " ");
        char *text;
        return asprintf(&text, "%s%s%s", ko ? words[i].ko : words[i].en, *rest ? ": " : "", rest) < 0 ? NULL
                                                                                                      : text;
    }
    return strdup(*b->note ? b->note : ko ? "책갈피" : "bookmark");
}

int moim_marks_until(FILE *out, const struct moim_document *doc, int *next, double time,
                     void (*put)(FILE *out, const char *at, const char *text))
{
    for (; *next < doc->n_bookmarks && doc->bookmarks[*next].at < time; ++*next) {
        char at[32], *text = moim_mark_text(&doc->bookmarks[*next], doc->meeting->language);
        if (!text) return MOIM_ENOMEM;
        moim_clock(at, sizeof at, doc->bookmarks[*next].at);
        put(out, at, text);
        free(text);
    }
    return MOIM_OK;
}

/* ---- plain text ---- */

/* In one line, without what a terminal obeys. */
static void put_plain(FILE *out, const char *s)
{
    for (; *s; s++) fputc((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s, out);
}

static void put_underlined(FILE *out, const char *s, char with)
{
    put_plain(out, s);
    fputc('\n', out);
    int n = moim_columns(s, strlen(s));
    for (int i = 0; i < n || i < 3; i++) fputc(with, out);
    fputc('\n', out);
}

static void put_txt_item(FILE *out, const struct moim_item *it)
{
    const char *due = *it->due_date ? it->due_date : it->due_text;
    char at[32];
    fputs("- ", out);
    put_plain(out, it->owner);
    if (*it->owner) fputs(": ", out);
    put_plain(out, it->text);
    if (*due) fputs(" — ", out);
    put_plain(out, due);
    moim_clock(at, sizeof at, it->start);
    fprintf(out, it->n_evidence ? " (%s)\n" : "\n", at);
}

/* What stands above the transcript: title, day and length, minutes. */
static void write_txt_head(FILE *out, const struct moim_document *doc)
{
    const struct moim_meeting *m = doc->meeting;
    char when[32], length[32];
    moim_local_time(when, m->started_at);
    moim_clock(length, sizeof length, m->duration);
    put_underlined(out, m->title, '=');
    fprintf(out, "%s, %s\n\n", when, length);
    for (int k = 0; moim_kinds[k]; k++) {
        bool any = false;
        for (int i = 0; i < doc->n_items; i++) {
            if (strcmp(doc->items[i].kind, moim_kinds[k])) continue;
            if (!any) put_underlined(out, moim_kind_heading(moim_kinds[k], m->language), '-');
            any = true;
            put_txt_item(out, &doc->items[i]);
        }
        if (any) fputc('\n', out);
    }
    if (!doc->minutes_only) put_underlined(out, moim_transcript_heading(m->language), '-');
}

static void put_txt_mark(FILE *out, const char *at, const char *text)
{
    fprintf(out, "[%s] -- ", at);
    put_plain(out, text);
    fputc('\n', out);
}

int moim_export_txt(FILE *out, const struct moim_document *doc)
{
    int mark = 0, rc = MOIM_OK;
    if (!doc->lines_only) write_txt_head(out, doc);
    if (doc->minutes_only) return MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        char at[32], own[MOIM_LABEL];
        rc = moim_marks_until(out, doc, &mark, doc->segments[i].start, put_txt_mark);
        moim_clock(at, sizeof at, doc->segments[i].start);
        const char *who = moim_line_label(own, doc, &doc->segments[i]);
        fprintf(out, "[%s] ", at);
        put_plain(out, who);
        if (*who) fputs(": ", out);
        put_plain(out, doc->segments[i].text);
        fputc('\n', out);
    }
    return rc ? rc : moim_marks_until(out, doc, &mark, INFINITY, put_txt_mark);
}

/* ---- Markdown ---- */

/* What Markdown would read as its own stands behind a backslash (CommonMark 2.4), also what only begins a
 * line:
 * "- ", "1. ", "~~~". A lone "&" could begin an entity. */
void moim_put_md(FILE *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *number = digits && strchr(".)", text[digits]) ? text + digits : NULL, *begin = text;
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r') {
            fputc(' ', out);
            continue;
        }
        if (strchr("\\`*_[]<>#|&~", *text) || text == number || (text == begin && strchr("-+=:", *text)))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void write_md_items(FILE *out, const struct moim_document *doc)
{
    for (int k = 0; moim_kinds[k]; k++) {
        bool any = false;
        for (int i = 0; i < doc->n_items; i++) {
            const struct moim_item *it = &doc->items[i];
            char at[32];
            if (strcmp(it->kind, moim_kinds[k])) continue;
            if (!any) fprintf(out, "## %s\n\n", moim_kind_heading(it->kind, doc->meeting->language));
            any = true;
            moim_clock(at, sizeof at, it->start);
            fputs("- ", out);
            if (*it->owner) {
                fputs("**", out);
                moim_put_md(out, it->owner);
                fputs("**: ", out);
            }
            moim_put_md(out, it->text);
            const char *due = *it->due_date ? it->due_date : it->due_text;
            if (*due) {
                fputs(" — ", out);
                moim_put_md(out, due);
            }
            if (it->n_evidence) fprintf(out, " (%s)", at);
            fputc('\n', out);
        }
        if (any) fputc('\n', out);
    }
}

void moim_put_md_mark(FILE *out, const char *at, const char *text)
{
    fprintf(out, "*%s — ", at);
    moim_put_md(out, text);
    fputs("*\n\n", out);
}

int moim_export_md(FILE *out, const struct moim_document *doc)
{
    const struct moim_meeting *m = doc->meeting;
    char when[32], length[32];
    moim_local_time(when, m->started_at);
    moim_clock(length, sizeof length, m->duration);
    fputs("# ", out);
    moim_put_md(out, m->title);
    fprintf(out, "\n\n%s, %s\n\n", when, length);
    write_md_items(out, doc);
    if (doc->minutes_only) return MOIM_OK;
    fprintf(out, "## %s\n\n", moim_transcript_heading(m->language));
    int mark = 0, rc = MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        char at[32], own[MOIM_LABEL];
        rc = moim_marks_until(out, doc, &mark, doc->segments[i].start, moim_put_md_mark);
        moim_clock(at, sizeof at, doc->segments[i].start);
        const char *who = moim_line_label(own, doc, &doc->segments[i]);
        fprintf(out, "**%s** ", at);
        moim_put_md(out, who);
        if (*who) fputs(": ", out);
        moim_put_md(out, doc->segments[i].text);
        fputs("\n\n", out);
    }
    return rc ? rc : moim_marks_until(out, doc, &mark, INFINITY, moim_put_md_mark);
}
