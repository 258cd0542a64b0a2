#include "storage/export.h"
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 1e9 /* of a time that is shown */

static const struct moim_form form[MOIM_FORMAT_COUNT] = {
    [MOIM_TXT] = {"txt", "txt", "text/plain; charset=utf-8", false},
    [MOIM_MD] = {"md", "md", "text/markdown; charset=utf-8", false},
    [MOIM_OBSIDIAN] = {"obsidian", "md", "text/markdown; charset=utf-8", false},
    [MOIM_SRT] = {"srt", "srt", "application/x-subrip", false},
    [MOIM_VTT] = {"vtt", "vtt", "text/vtt; charset=utf-8", false},
    [MOIM_JSON] = {"json", "json", "application/json", false},
    [MOIM_HTML] = {"html", "html", "text/html; charset=utf-8", false},
    [MOIM_CSV] = {"csv", "csv", "text/csv; charset=utf-8", false},
    [MOIM_ICS] = {"ics", "ics", "text/calendar; charset=utf-8", false},
    [MOIM_PDF] = {"pdf", "pdf", "application/pdf", false},
    [MOIM_DOCX] = {"docx", "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                   true},
    [MOIM_HWPX] = {"hwpx", "hwpx", "application/hwp+zip", true},
};

const struct moim_form *moim_form_of(enum moim_format format)
{
    return &form[format];
}

enum moim_format moim_format_named(const char *name)
{
    int f = 0;
    while (f < MOIM_FORMAT_COUNT && strcmp(name, form[f].name)) f++;
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

int moim_export(FILE *out, enum moim_format format, const struct moim_document *doc, struct moim_err *err)
{
    int rc = MOIM_OK;
    if (doc->minutes_only && (format == MOIM_SRT || format == MOIM_VTT))
        return moim_fail(err, MOIM_EINVAL, "export: subtitles are the transcript, minutes alone make none");
    switch (format) {
    case MOIM_TXT: rc = moim_export_txt(out, doc); break;
    case MOIM_MD: rc = moim_export_md(out, doc); break;
    case MOIM_OBSIDIAN: rc = moim_export_obsidian(out, doc); break;
    case MOIM_SRT: rc = moim_export_cues(out, doc, false); break;
    case MOIM_VTT: rc = moim_export_cues(out, doc, true); break;
    case MOIM_JSON: rc = moim_export_json(out, doc); break;
    case MOIM_CSV: rc = moim_export_csv(out, doc); break;
    case MOIM_ICS: rc = moim_export_ics(out, doc); break;
    case MOIM_HTML: return moim_export_html(out, doc, err);
    case MOIM_PDF: return moim_export_pdf(out, "export", doc, err);
    default: return moim_fail(err, MOIM_EINVAL, "export: %s needs --output FILE", form[format].name);
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
    if (form[format].package) {
        close(fd);
        return format == MOIM_HWPX ? moim_export_hwpx(tmp, doc, err) : moim_export_docx(tmp, doc, err);
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

void moim_file_name(const char *title, char *out, size_t cap)
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
    moim_file_name(doc->meeting->title, name, sizeof name);
    snprintf(entry, sizeof entry, "%s.%s", name, form[format].extension);
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
