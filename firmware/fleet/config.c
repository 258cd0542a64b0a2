#include "firmware/fleet/fleet.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_text(const char *path, struct moim_err *err)
{
    char *text = NULL;
    size_t cap = 0;
    FILE *f = fopen(path, "re");
    if (!f) return moim_fail_errno(err, "%s", path), NULL;
    ssize_t n = getdelim(&text, &cap, 0, f);
    bool bad = ferror(f);
    fclose(f);
    if (n < 0 && !bad) return strdup("");
    if (n < 0 || bad) {
        moim_fail(err, MOIM_EIO, "%s: cannot be read", path);
        free(text);
        return NULL;
    }
    return text;
}

static char *trim(char *s)
{
    s += strspn(s, " \t\r");
    for (size_t n = strlen(s); n && strchr(" \t\r", s[n - 1]); n--) s[n - 1] = 0;
    return s;
}

static int set(struct moim_fleet_config *c, const char *path, int line, char *name, char *value,
               struct moim_err *err)
{
    const struct {
        const char *name;
        const char **at;
    } known[] = {{"database", &c->database},
                 {"user", &c->user},
                 {"token_file", &c->token_file},
                 {"objects", &c->store.where},
                 {"public_key", &c->public_key},
                 {"secret_key", &c->secret_key},
                 {"command", &c->command},
                 {"process", &c->process},
                 {"s3_endpoint", &c->store.endpoint},
                 {"s3_region", &c->store.region},
                 {"s3_ca", &c->store.ca},
                 {"s3_access_key", &c->store.access_key},
                 {"s3_secret_key", &c->store.secret_key},
                 {"bulk", &c->bulk}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(known[i].name, name)) {
            *known[i].at = value;
            return MOIM_OK;
        }
    return moim_fail(err, MOIM_EINVAL, "%s:%d: unknown setting '%s'", path, line, name);
}

static int parse(struct moim_fleet_config *c, const char *path, struct moim_err *err)
{
    int line = 0, rc = MOIM_OK;
    for (char *rest = c->text, *l; !rc && (l = strsep(&rest, "\n"));) {
        line++;
        l = trim(l);
        if (!*l || *l == '#') continue;
        char *eq = strchr(l, '=');
        if (!eq) return moim_fail(err, MOIM_EINVAL, "%s:%d: not 'name = value'", path, line);
        *eq = 0;
        rc = set(c, path, line, trim(l), trim(eq + 1), err);
    }
    if (!rc && !c->database) rc = moim_fail(err, MOIM_EINVAL, "%s: names no database", path);
    return rc;
}

static int read_token(struct moim_fleet_config *c, struct moim_err *err)
{
    struct stat st;
    if (!c->token_file) return MOIM_OK;
    if (stat(c->token_file, &st)) return moim_fail_errno(err, "%s", c->token_file);
    if (st.st_mode & 077)
        return moim_fail(err, MOIM_EACCES, "%s: others can read the token (chmod 600)", c->token_file);
    char *text = read_text(c->token_file, err);
    if (!text) return err->code;
    text[strcspn(text, "\r\n")] = 0;
    int n = snprintf(c->token, sizeof c->token, "%s", text);
    sodium_memzero(text, strlen(text));
    free(text);
    return n > 0 && n < (int)sizeof c->token
               ? MOIM_OK
               : moim_fail(err, MOIM_EFORMAT, "%s: holds no token", c->token_file);
}

int moim_fleet_config_read(struct moim_fleet_config *c, const char *path, struct moim_err *err)
{
    const char *other = getenv("MOIM_FLEET_CONFIG");
    if (other && !strcmp(path, MOIM_FLEET_CONFIG)) path = other;
    memset(c, 0, sizeof *c);
    c->command = "/usr/share/moim-fleet/process";
    c->text = read_text(path, err);
    int rc = c->text ? parse(c, path, err) : err->code;
    if (!rc) rc = read_token(c, err);
    if (rc) moim_fleet_config_free(c);
    return rc;
}

void moim_fleet_config_free(struct moim_fleet_config *c)
{
    free(c->text);
    sodium_memzero(c->token, sizeof c->token);
    c->text = NULL;
}

int moim_fleet_open(struct moim_fleet_config *c, const char *path, PGconn **pg, struct moim_err *err)
{
    *pg = NULL;
    int rc = moim_fleet_config_read(c, path, err);
    if (rc) return rc;
    rc = moim_pg_open(pg, c->database, c->user, *c->token ? c->token : NULL, err);
    if (rc) moim_fleet_config_free(c);
    return rc;
}

int moim_fleet_folder(char out[256], struct moim_err *err)
{
    const char *tmp = getenv("TMPDIR");
    if (snprintf(out, 256, "%s/moim-fleet-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= 256)
        return moim_fail(err, MOIM_EINVAL, "TMPDIR is too long");
    return mkdtemp(out) ? MOIM_OK : moim_fail_errno(err, "%s", out);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path) && errno != ENOENT;
}

void moim_fleet_folder_remove(const char *folder)
{
    if (strstr(folder, "/moim-fleet-")) nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
