#include "storage/export.h"
#include "base/json.h"
#include "storage/transcript_json.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 1e9 /* of a time that is shown */

static const char *const format_name[MOIM_FORMAT_COUNT] = {"txt", "md", "srt", "vtt", "json", "html", "docx"};

enum moim_format moim_format_named(const char *name)
{
    int f = 0;
    while (f < MOIM_FORMAT_COUNT && strcmp(name, format_name[f])) f++;
    return (enum moim_format)f;
}

const char *const moim_kinds[] = {"summary",  "topic",      "key_point",  "decision", "action",
                                  "question", "to_confirm", "suggestion", NULL};

const char *moim_kind_heading(const char *kind, const char *language)
{
    static const char *const heading[][3] = {
        {"summary", "Summary", "요약"},
        {"topic", "Topics", "주제"},
        {"key_point", "Key points", "주요 내용"},
        {"decision", "Decisions", "결정 사항"},
        {"action", "Action items", "할 일"},
        {"question", "Open questions", "미해결 사항"},
        {"to_confirm", "To confirm", "확인 필요"},
        {"suggestion", "Suggested next steps", "제안"},
    };
    for (size_t i = 0; i < sizeof heading / sizeof *heading; i++)
        if (!strcmp(kind, heading[i][0])) return heading[i][language && !strcmp(language, "ko") ? 2 : 1];
    return kind;
}

void moim_clock(char *out, size_t cap, double seconds)
{
    long s = seconds > 0 ? (long)fmin(seconds, SECONDS_MAX) : 0;
    if (s >= 3600)
        snprintf(out, cap, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, cap, "%ld:%02ld", s / 60, s % 60);
}

void moim_timestamp(char *out, size_t cap, double seconds, char separator)
{
    long ms = seconds > 0 ? lround(fmin(seconds, SECONDS_MAX) * 1000) : 0;
    snprintf(out, cap, "%02ld:%02ld:%02ld%c%03ld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, separator,
             ms % 1000);
}

const char *moim_speaker_label(char own[MOIM_LABEL], const struct moim_segment *g, const char *language)
{
    if (g->speaker_name && *g->speaker_name) return g->speaker_name;
    *own = 0;
    if (g->speaker > 0)
        snprintf(own, MOIM_LABEL, "%s %d", language && !strcmp(language, "ko") ? "참석자" : "Speaker",
                 g->speaker);
    return own;
}

static bool only_speaker(const struct moim_document *doc, int speaker)
{
    for (int i = 0; i < doc->n_segments; i++)
        if (doc->segments[i].speaker > 0 && doc->segments[i].speaker != speaker) return false;
    return true;
}

const char *moim_line_label(char own[MOIM_LABEL], const struct moim_document *doc,
                            const struct moim_segment *g)
{
    bool named = g->speaker_name && *g->speaker_name;
    return named || !only_speaker(doc, g->speaker) ? moim_speaker_label(own, g, doc->meeting->language) : "";
}

void moim_local_time(char out[32], int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    *out = 0;
    if (localtime_r(&t, &tm)) strftime(out, 32, "%Y-%m-%d %H:%M", &tm);
}

/* For programs: ISO 8601, UTC. */
static void date_time(char out[32], int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- JSON ---- */

/* Milliseconds are enough, and 12.3 reads better than 12.300000190734863. */
static void add_seconds(cJSON *o, const char *key, double v)
{
    cJSON_AddNumberToObject(o, key, round(v * 1000) / 1000);
}

cJSON *moim_meeting_json(const struct moim_meeting *m)
{
    cJSON *o = cJSON_CreateObject();
    char when[32];
    date_time(when, m->started_at);
    if (m->id) cJSON_AddNumberToObject(o, "id", (double)m->id);
    cJSON_AddStringToObject(o, "title", m->title);
    cJSON_AddStringToObject(o, "started_at", when);
    add_seconds(o, "duration_s", m->duration);
    cJSON_AddStringToObject(o, "state", moim_state_name(m->state));
    cJSON_AddStringToObject(o, "language", m->language);
    if (m->error && *m->error) cJSON_AddStringToObject(o, "error", m->error);
    return o;
}

static cJSON *item_json(const struct moim_item *it)
{
    cJSON *o = cJSON_CreateObject(), *evidence;
    cJSON_AddStringToObject(o, "text", it->text);
    if (*it->owner) cJSON_AddStringToObject(o, "owner", it->owner);
    if (*it->due_text) cJSON_AddStringToObject(o, "due", it->due_text);
    if (*it->due_date) cJSON_AddStringToObject(o, "due_date", it->due_date);
    add_seconds(o, "start", it->start);
    add_seconds(o, "end", it->end);
    evidence = cJSON_AddArrayToObject(o, "evidence");
    for (int i = 0; i < it->n_evidence; i++)
        moim_json_append(evidence, cJSON_CreateNumber((double)it->evidence[i]));
    return o;
}

cJSON *moim_minutes_json(const struct moim_item *items, int n)
{
    static const char *const key[] = {"summary", "topics",    "key_points", "decisions",
                                      "actions", "questions", "to_confirm", "suggestions"};
    cJSON *o = cJSON_CreateObject();
    for (int i = 0; i < n; i++)
        if (!strcmp(items[i].kind, "title")) cJSON_AddStringToObject(o, "title", items[i].text);
    for (int k = 0; moim_kinds[k]; k++) {
        cJSON *list = cJSON_AddArrayToObject(o, key[k]);
        for (int i = 0; i < n; i++)
            if (!strcmp(items[i].kind, moim_kinds[k])) moim_json_append(list, item_json(&items[i]));
    }
    return o;
}

cJSON *moim_document_json(const struct moim_document *doc)
{
    cJSON *o = moim_meeting_json(doc->meeting), *list;
    char *segments = moim_segments_json(doc->segments, doc->n_segments, doc->meeting->language);
    if (!segments) { /* out of memory: no document rather than one without its lines */
        cJSON_Delete(o);
        return NULL;
    }
    cJSON_AddRawToObject(o, "segments", segments);
    free(segments);
    if (doc->n_items) moim_json_set(o, "minutes", moim_minutes_json(doc->items, doc->n_items));
    if (doc->n_bookmarks) {
        list = cJSON_AddArrayToObject(o, "bookmarks");
        for (int i = 0; i < doc->n_bookmarks; i++) {
            cJSON *b = cJSON_CreateObject();
            if (doc->bookmarks[i].id) cJSON_AddNumberToObject(b, "id", (double)doc->bookmarks[i].id);
            add_seconds(b, "at", doc->bookmarks[i].at);
            cJSON_AddStringToObject(b, "note", doc->bookmarks[i].note);
            moim_json_append(list, b);
        }
    }
    return o;
}

static int write_json(FILE *out, const struct moim_document *doc)
{
    cJSON *o = moim_document_json(doc);
    char *text = moim_json_text(o, true);
    cJSON_Delete(o);
    if (!text) return MOIM_ENOMEM;
    fputs(text, out);
    fputc('\n', out);
    free(text);
    return MOIM_OK;
}

/* ---- text forms ---- */

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

static void put_txt_mark(FILE *out, const char *at, const char *text)
{
    fprintf(out, "[%s] -- %s\n", at, text);
}

static int write_txt(FILE *out, const struct moim_document *doc)
{
    int mark = 0, rc = MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        char at[32], own[MOIM_LABEL];
        rc = moim_marks_until(out, doc, &mark, doc->segments[i].start, put_txt_mark);
        moim_clock(at, sizeof at, doc->segments[i].start);
        const char *who = moim_line_label(own, doc, &doc->segments[i]);
        fprintf(out, "[%s] %s%s%s\n", at, who, *who ? ": " : "", doc->segments[i].text);
    }
    return rc ? rc : moim_marks_until(out, doc, &mark, INFINITY, put_txt_mark);
}

/* What Markdown would read as its own stands behind a backslash (CommonMark 2.4), also what only begins a
 * line:
 * "- ", "1. ", "~~~". A lone "&" could begin an entity. */
static void write_md_text(FILE *out, const char *text)
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
                write_md_text(out, it->owner);
                fputs("**: ", out);
            }
            write_md_text(out, it->text);
            const char *due = *it->due_date ? it->due_date : it->due_text;
            if (*due) {
                fputs(" — ", out);
                write_md_text(out, due);
            }
            if (it->n_evidence) fprintf(out, " (%s)", at);
            fputc('\n', out);
        }
        if (any) fputc('\n', out);
    }
}

static void put_md_mark(FILE *out, const char *at, const char *text)
{
    fprintf(out, "*%s — ", at);
    write_md_text(out, text);
    fputs("*\n\n", out);
}

static int write_md(FILE *out, const struct moim_document *doc)
{
    const struct moim_meeting *m = doc->meeting;
    char when[32], length[32];
    moim_local_time(when, m->started_at);
    moim_clock(length, sizeof length, m->duration);
    fputs("# ", out);
    write_md_text(out, m->title);
    fprintf(out, "\n\n%s, %s\n\n", when, length);
    write_md_items(out, doc);
    fprintf(out, "## %s\n\n", !strcmp(m->language, "ko") ? "전체 기록" : "Transcript");
    int mark = 0, rc = MOIM_OK;
    for (int i = 0; !rc && i < doc->n_segments; i++) {
        char at[32], own[MOIM_LABEL];
        rc = moim_marks_until(out, doc, &mark, doc->segments[i].start, put_md_mark);
        moim_clock(at, sizeof at, doc->segments[i].start);
        const char *who = moim_line_label(own, doc, &doc->segments[i]);
        fprintf(out, "**%s** ", at);
        write_md_text(out, who);
        if (*who) fputs(": ", out);
        write_md_text(out, doc->segments[i].text);
        fputs("\n\n", out);
    }
    return rc ? rc : moim_marks_until(out, doc, &mark, INFINITY, put_md_mark);
}

int moim_export(FILE *out, enum moim_format format, const struct moim_document *doc, struct moim_err *err)
{
    int rc = MOIM_OK;
    switch (format) {
    case MOIM_TXT: rc = write_txt(out, doc); break;
    case MOIM_MD: rc = write_md(out, doc); break;
    case MOIM_SRT: rc = moim_export_cues(out, doc, false); break;
    case MOIM_VTT: rc = moim_export_cues(out, doc, true); break;
    case MOIM_JSON: rc = write_json(out, doc); break;
    case MOIM_HTML: return moim_export_html(out, doc, err);
    default: return moim_fail(err, MOIM_EINVAL, "export: this format needs --output FILE");
    }
    if (rc) return moim_fail(err, rc, "export: out of memory");
    if (fflush(out) || ferror(out)) return moim_fail_errno(err, "export");
    return MOIM_OK;
}

/* The file's bytes are on the disk before its name is. */
static int sync_file(const char *tmp, const char *path, struct moim_err *err)
{
    int fd = open(tmp, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? moim_fail_errno(err, "%s", path) : MOIM_OK;
    if (fd >= 0) close(fd);
    return rc;
}

/* Nobody else's to read; libzip keeps the mode of what is there. What lies there is of a process that died.
 */
static int create_private(const char *tmp)
{
    unlink(tmp);
    return open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int write_file(const char *tmp, const char *path, enum moim_format format,
                      const struct moim_document *doc, struct moim_err *err)
{
    int fd = create_private(tmp);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    if (format == MOIM_DOCX) {
        close(fd);
        return moim_export_docx(tmp, doc, err);
    }
    FILE *out = fdopen(fd, "w");
    if (!out) {
        close(fd);
        return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", path);
    }
    int rc = moim_export(out, format, doc, err);
    if (fclose(out) && !rc) rc = moim_fail_errno(err, "%s", path);
    return rc;
}

int moim_export_file(const char *path, enum moim_format format, const struct moim_document *doc,
                     struct moim_err *err)
{
    char tmp[4096];
    if (snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid()) >= (int)sizeof tmp)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", path);
    int rc = write_file(tmp, path, format, doc, err);
    if (!rc) rc = sync_file(tmp, path, err);
    if (!rc && rename(tmp, path)) rc = moim_fail_errno(err, "%s", path);
    if (rc) unlink(tmp);
    return rc;
}

/* A title as a file's name: no slash, no leading dot, nothing that a file system or a shell minds. */
static void name_of(const char *title, char *out, size_t cap)
{
    size_t n = 0;
    for (; *title && n + 1 < cap; title++) {
        unsigned char c = (unsigned char)*title;
        bool bad = c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|", c) || (!n && (c == '.' || c == ' '));
        out[n++] = bad ? '_' : *title;
    }
    while (n && n + 1 == cap && ((unsigned char)out[n - 1] & 0xc0) == 0x80) n--; /* no cut character */
    if (n && n + 1 == cap && (unsigned char)out[n - 1] >= 0xc0) n--;
    if (!n) out[n++] = '_';
    out[n] = 0;
}

int moim_export_zip(const char *path, enum moim_format format, const struct moim_document *doc,
                    const char *audio, struct moim_err *err)
{
    char tmp[4096], inner[4096], name[160], entry[256], sound[256];
    if (snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid()) >= (int)sizeof tmp ||
        snprintf(inner, sizeof inner, "%s.part-%ld", path, (long)getpid()) >= (int)sizeof inner)
        return moim_fail(err, MOIM_EINVAL, "%s: path is too long", path);
    struct moim_document with = *doc;
    const char *dot = strrchr(audio, '.');
    name_of(doc->meeting->title, name, sizeof name);
    snprintf(entry, sizeof entry, "%s.%s", name, format_name[format]);
    snprintf(sound, sizeof sound, "%s%.16s", name, dot ? dot : ".flac");
    with.audio_href = sound;
    int rc = write_file(inner, path, format, &with, err);
    int fd = rc ? -1 : create_private(tmp);
    if (!rc && fd < 0) rc = moim_fail_errno(err, "%s", path);
    if (fd >= 0) close(fd);
    if (!rc) rc = moim_zip_two(tmp, path, entry, inner, sound, audio, err);
    if (!rc) rc = sync_file(tmp, path, err);
    if (!rc && rename(tmp, path)) rc = moim_fail_errno(err, "%s", path);
    if (rc) unlink(tmp);
    unlink(inner);
    return rc;
}
