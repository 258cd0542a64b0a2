#include "firmware/library/handover.h"
#include "base/json.h"
#include "firmware/library/export_target.h"
#include "firmware/library/meeting_document.h"
#include "firmware/platform/paths.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_FILE "/etc/moim/handover.conf"

const char *const moim_handover_keys[MOIM_HANDOVER_KEYS] = {
    "folder", "formats", "name", "hook", "hook_user", "hook_seconds", "minutes_only", "clean"};

/* ---- the file ---- */

static char *trimmed(char *s)
{
    while (isspace((unsigned char)*s)) s++;
    for (size_t n = strlen(s); n && isspace((unsigned char)s[n - 1]);) s[--n] = 0;
    return s;
}

static int read_line(struct moim_handover *h, char *line, int number, struct moim_err *err)
{
    char *name = trimmed(line), *equals = strchr(name, '=');
    if (!*name || *name == '#') return MOIM_OK;
    if (!equals) return moim_fail(err, MOIM_EFORMAT, "%s: line %d: no KEY = VALUE", h->path, number);
    *equals = 0;
    name = trimmed(name);
    for (int k = 0; k < MOIM_HANDOVER_KEYS; k++) {
        if (strcmp(name, moim_handover_keys[k])) continue;
        free(h->value[k]);
        h->value[k] = strdup(trimmed(equals + 1));
        if (h->value[k] && !*h->value[k]) { /* "hook =": off */
            free(h->value[k]);
            h->value[k] = NULL;
        } else if (!h->value[k]) {
            return moim_fail(err, MOIM_ENOMEM, "out of memory");
        }
        return MOIM_OK;
    }
    return moim_fail(err, MOIM_EFORMAT, "%s: line %d: no key is called '%s'", h->path, number, name);
}

/* Its programs run with our rights. */
static int check_owner(const char *path, int fd, struct moim_err *err)
{
    struct stat st;
    if (fstat(fd, &st)) return moim_fail_errno(err, "%s", path);
    if (!S_ISREG(st.st_mode)) return moim_fail(err, MOIM_EINVAL, "%s: not a regular file", path);
    if ((st.st_uid != geteuid() && st.st_uid) || st.st_mode & 022)
        return moim_fail(err, MOIM_EACCES,
                         "%s: must be yours or root's, and nobody else may write it (chmod 644)", path);
    return MOIM_OK;
}

int moim_handover_read(struct moim_handover *h, struct moim_err *err)
{
    char line[4096];
    memset(h, 0, sizeof *h);
    int rc = moim_path_config(h->path, sizeof h->path, "handover.conf", err), number = 0;
    int fd = rc ? -1 : open(h->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (rc || errno == ENOENT)) {
        snprintf(h->path, sizeof h->path, "%s", SYSTEM_FILE);
        fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0) {
        rc = errno == ENOENT ? MOIM_OK : moim_fail_errno(err, "%s", h->path);
        *h->path = 0;
        return rc;
    }
    rc = check_owner(h->path, fd, err);
    FILE *f = rc ? NULL : fdopen(fd, "r");
    if (!rc && !f) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    while (!rc && fgets(line, sizeof line, f)) {
        if (!strchr(line, '\n') && !feof(f))
            rc = moim_fail(err, MOIM_EFORMAT, "%s: line %d is too long", h->path, number + 1);
        if (!rc) rc = read_line(h, line, ++number, err);
    }
    if (f)
        fclose(f);
    else
        close(fd);
    if (rc) moim_handover_clear(h);
    return rc;
}

void moim_handover_clear(struct moim_handover *h)
{
    for (int k = 0; k < MOIM_HANDOVER_KEYS; k++) free(h->value[k]);
    memset(h->value, 0, sizeof h->value);
}

static bool says_yes(const char *value)
{
    return value && (!strcmp(value, "yes") || !strcmp(value, "1") || !strcmp(value, "true"));
}

static int seconds_of(const struct moim_handover *h)
{
    const char *v = h->value[MOIM_HANDOVER_SECONDS];
    int n = v ? atoi(v) : 60;
    return n < 1 ? 1 : n > 3600 ? 3600 : n;
}

int moim_handover_check(const struct moim_handover *h, struct moim_err *err)
{
    struct stat st;
    char program[4096], form[32];
    const char *folder = h->value[MOIM_HANDOVER_FOLDER], *hook = h->value[MOIM_HANDOVER_HOOK];
    if (folder && (*folder != '/' || stat(folder, &st) || !S_ISDIR(st.st_mode) || access(folder, W_OK)))
        return moim_fail(err, MOIM_EINVAL, "%s: folder %s is none that can be written to", h->path, folder);
    for (const char *f = h->value[MOIM_HANDOVER_FORMATS]; f && *f; f += strspn(f, " ,")) {
        size_t n = strcspn(f, " ,");
        snprintf(form, sizeof form, "%.*s", (int)n, f);
        if (n >= sizeof form || moim_format_named(form) == MOIM_FORMAT_COUNT)
            return moim_fail(err, MOIM_EINVAL, "%s: formats: '%s' is none of " MOIM_FORMATS, h->path, form);
        f += n;
    }
    if (!hook) return MOIM_OK;
    snprintf(program, sizeof program, "%.*s", (int)strcspn(hook, " "), hook);
    if (*program != '/' || access(program, X_OK))
        return moim_fail(err, MOIM_EINVAL, "%s: hook %s is no program with its whole path", h->path, program);
    return MOIM_OK;
}

/* ---- documents ---- */

/* The file name by the pattern, without extension. */
static void make_name(const char *pattern, const struct moim_meeting *m, char *out, size_t cap)
{
    char when[32], raw[4096];
    size_t n = 0;
    moim_local_time(when, m->started_at);
    for (const char *p = pattern; *p && n + 1 < sizeof raw;) {
        int more;
        size_t left = sizeof raw - n;
        if (!strncmp(p, "{date}", 6))
            more = snprintf(raw + n, left, "%.10s", when), p += 6;
        else if (!strncmp(p, "{time}", 6))
            more = snprintf(raw + n, left, "%s", strlen(when) > 11 ? when + 11 : ""), p += 6;
        else if (!strncmp(p, "{title}", 7))
            more = snprintf(raw + n, left, "%s", m->title), p += 7;
        else if (!strncmp(p, "{id}", 4))
            more = snprintf(raw + n, left, "%lld", (long long)m->id), p += 4;
        else
            more = snprintf(raw + n, left, "%c", *p++);
        n += (size_t)more < left ? (size_t)more : left - 1;
    }
    raw[n] = 0;
    moim_file_name(raw, out, cap);
}

static int write_one(struct moim_store *s, const struct moim_handover *h, const struct moim_whole *w,
                     enum moim_format f, struct moim_err *err)
{
    const char *pattern = h->value[MOIM_HANDOVER_NAME], *folder = h->value[MOIM_HANDOVER_FOLDER];
    char name[200], path[4400], number[32] = "";
    bool unique = !pattern || strstr(pattern, "{id}");
    make_name(pattern ? pattern : "{date} {title}", &w->meeting, name, sizeof name);
    /* Meetings with the same name must not overwrite each other. */
    if (!pattern || !unique) snprintf(number, sizeof number, " (%lld)", (long long)w->meeting.id);
    int n = snprintf(path, sizeof path, "%s/%s%s.%s", folder, name, number, moim_form_of(f)->extension);
    if (n >= (int)sizeof path) return moim_fail(err, MOIM_EINVAL, "%s: path is too long", folder);
    int rc = moim_output_allowed(s, path, err);
    return rc ? rc : moim_export_file(path, f, &w->doc, err);
}

static int write_documents(struct moim_store *s, const struct moim_handover *h, struct moim_whole *w,
                           struct moim_err *err)
{
    const char *f = h->value[MOIM_HANDOVER_FORMATS];
    char form[32];
    int rc = MOIM_OK;
    w->doc.minutes_only = says_yes(h->value[MOIM_HANDOVER_MINUTES_ONLY]);
    for (f = f ? f : "md"; !rc && *f; f += strspn(f, " ,")) {
        size_t n = strcspn(f, " ,");
        snprintf(form, sizeof form, "%.*s", (int)n, f);
        f += n;
        rc = write_one(s, h, w, moim_format_named(form), err);
    }
    w->doc.minutes_only = false;
    return rc;
}

static int run_hook(const struct moim_handover *h, const struct moim_whole *w, struct moim_err *err)
{
    cJSON *o = moim_document_json(&w->doc);
    char *json = moim_json_text(o, false);
    cJSON_Delete(o);
    if (!json) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    int rc = moim_hook_run(h->value[MOIM_HANDOVER_HOOK], h->value[MOIM_HANDOVER_USER], seconds_of(h), json,
                           strlen(json), w->meeting.id, err);
    free(json);
    return rc;
}

int moim_handover(struct moim_store *s, int64_t meeting, struct moim_err *err)
{
    struct moim_handover h;
    struct moim_whole w;
    int rc = moim_handover_read(&h, err);
    if (rc) return rc;
    if (h.value[MOIM_HANDOVER_FOLDER] || h.value[MOIM_HANDOVER_HOOK]) {
        rc = moim_handover_check(&h, err);
        if (!rc) rc = moim_whole_load(s, meeting, &w, err);
        if (!rc) {
            if (says_yes(h.value[MOIM_HANDOVER_CLEAN])) rc = moim_whole_clean(&w, err);
            if (!rc && h.value[MOIM_HANDOVER_FOLDER]) rc = write_documents(s, &h, &w, err);
            if (!rc && h.value[MOIM_HANDOVER_HOOK]) rc = run_hook(&h, &w, err);
            moim_whole_free(&w);
        }
    }
    moim_handover_clear(&h);
    return rc;
}
