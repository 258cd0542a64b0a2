#include "firmware/pipeline/models.h"
#include "firmware/pipeline/model_check.h"
#include "firmware/platform/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHOICES "models.conf" /* lines "ROLE FILE", in the data directory */

static int parse_model(struct moim_models *m, char *line)
{
    struct moim_model *grown = realloc(m->list, sizeof *grown * (size_t)(m->n + 1));
    if (!grown) return MOIM_ENOMEM;
    m->list = grown;
    struct moim_model *x = &grown[m->n];
    memset(x, 0, sizeof *x);
    char set[16];
    int used = 0;
    if (sscanf(line, "model %47s %31s %15s %47s %n", x->name, x->role, set, x->licence, &used) != 4 || !used)
        return MOIM_EFORMAT;
    x->by_default = !strcmp(set, "default");
    snprintf(x->about, sizeof x->about, "%s", line + used);
    m->n++;
    return MOIM_OK;
}

static int parse_file(struct moim_models *m, const char *line)
{
    if (!m->n) return MOIM_EFORMAT;
    struct moim_model *x = &m->list[m->n - 1];
    struct moim_model_file *grown = realloc(x->files, sizeof *grown * (size_t)(x->n_files + 1));
    if (!grown) return MOIM_ENOMEM;
    x->files = grown;
    struct moim_model_file *f = &grown[x->n_files];
    unsigned long long bytes;
    if (sscanf(line, "file %127s %64s %llu", f->path, f->sha256, &bytes) != 3 ||
        (strlen(f->sha256) != 64 && strcmp(f->sha256, "-")))
        return MOIM_EFORMAT;
    f->bytes = bytes;
    x->n_files++;
    return MOIM_OK;
}

/* "info LANGUAGES MEMORY_MB SPEED SIZE_MB" */
static int parse_info(struct moim_models *m, const char *line)
{
    if (!m->n) return MOIM_EFORMAT;
    struct moim_model *x = &m->list[m->n - 1];
    return sscanf(line, "info %47s %d %11s %d", x->languages, &x->memory_mb, x->speed, &x->size_mb) == 4
               ? MOIM_OK
               : MOIM_EFORMAT;
}

int moim_models_parse(struct moim_models *m, const char *manifest_path, struct moim_err *err)
{
    memset(m, 0, sizeof *m);
    int rc = moim_path_models(m->dir, sizeof m->dir, "", err);
    if (rc) return rc;
    FILE *f = fopen(manifest_path, "r");
    if (!f) return moim_fail_errno(err, "%s", manifest_path);
    char line[1024];
    for (int no = 1; !rc && fgets(line, sizeof line, f); no++) {
        line[strcspn(line, "\r\n")] = 0;
        if (!strncmp(line, "model ", 6))
            rc = parse_model(m, line);
        else if (!strncmp(line, "file ", 5))
            rc = parse_file(m, line);
        else if (!strncmp(line, "info ", 5))
            rc = parse_info(m, line);
        else if (*line && *line != '#' && strncmp(line, "part ", 5) && strncmp(line, "url ", 4))
            rc = MOIM_EFORMAT;
        if (rc) moim_fail(err, rc, "%s: line %d is not a model, info, file, part or url", manifest_path, no);
    }
    fclose(f);
    if (rc) moim_models_free(m);
    return rc;
}

int moim_models_load(struct moim_models *m, struct moim_err *err)
{
    char path[4096];
    memset(m, 0, sizeof *m);
    int rc = moim_path_share(path, sizeof path, "models.manifest", err);
    return rc ? rc : moim_models_parse(m, path, err);
}

void moim_models_free(struct moim_models *m)
{
    for (int i = 0; i < m->n; i++) free(m->list[i].files);
    free(m->list);
    memset(m, 0, sizeof *m);
}

static void file_path(const struct moim_models *m, const struct moim_model_file *f, char *out, size_t cap)
{
    snprintf(out, cap, "%s/%s", m->dir, f->path);
}

bool moim_model_installed(const struct moim_models *m, const struct moim_model *model)
{
    for (int i = 0; i < model->n_files; i++) {
        char path[4300];
        struct stat st;
        file_path(m, &model->files[i], path, sizeof path);
        if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size ||
            (model->files[i].bytes && (uint64_t)st.st_size != model->files[i].bytes))
            return false;
    }
    return model->n_files > 0;
}

static int sha256_file(const char *path, char hex[65], struct moim_err *err)
{
    FILE *f = fopen(path, "rb");
    if (!f) return moim_fail_errno(err, "%s", path);
    crypto_hash_sha256_state st;
    crypto_hash_sha256_init(&st);
    unsigned char buf[65536], sum[crypto_hash_sha256_BYTES];
    size_t n;
    while ((n = fread(buf, 1, sizeof buf, f)) > 0) crypto_hash_sha256_update(&st, buf, n);
    int bad = ferror(f);
    fclose(f);
    if (bad) return moim_fail(err, MOIM_EIO, "%s: cannot be read", path);
    crypto_hash_sha256_final(&st, sum);
    sodium_bin2hex(hex, 65, sum, sizeof sum);
    return MOIM_OK;
}

int moim_model_verify(const struct moim_models *m, const struct moim_model *model, struct moim_err *err)
{
    for (int i = 0; i < model->n_files; i++) {
        char path[4300], hex[65];
        file_path(m, &model->files[i], path, sizeof path);
        int rc = sha256_file(path, hex, err);
        if (rc) return rc;
        if (strcmp(model->files[i].sha256, "-") && strcmp(hex, model->files[i].sha256))
            return moim_fail(err, MOIM_EFORMAT,
                             "%s: damaged (SHA-256 differs); get it again with: moim models fetch %s", path,
                             model->name);
    }
    return MOIM_OK;
}

const struct moim_model *moim_models_by_role(const struct moim_models *m, const char *role)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->list[i].role, role)) return &m->list[i];
    return NULL;
}

const struct moim_model *moim_models_named(const struct moim_models *m, const char *name, const char *role)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->list[i].name, name) && !strncmp(m->list[i].role, role, strlen(role)))
            return &m->list[i];
    return NULL;
}

int moim_regular_file(const char *path, struct moim_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    int rc = fstat(fd, &st)         ? moim_fail_errno(err, "%s", path)
             : !S_ISREG(st.st_mode) ? moim_fail(err, MOIM_EINVAL, "%s: not a regular file", path)
                                    : MOIM_OK;
    close(fd);
    return rc;
}

bool moim_models_chosen(const char *role, char *out, size_t cap)
{
    char conf[4096], line[4400];
    if (moim_path_data(conf, sizeof conf, CHOICES, NULL)) return false;
    FILE *f = fopen(conf, "r");
    if (!f) return false;
    bool found = false;
    size_t n = strlen(role);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, role, n) && line[n] == ' ') {
            snprintf(out, cap, "%s", line + n + 1);
            found = true;
        }
    }
    fclose(f);
    return found;
}

int moim_models_path(const struct moim_models *m, const char *role, char *out, size_t cap,
                     struct moim_err *err)
{
    if (moim_models_chosen(role, out, cap)) {
        if (!moim_regular_file(out, NULL)) return MOIM_OK;
        return moim_fail(
            err, MOIM_ENOENT,
            "%s: the model chosen for %s cannot be read; choose another with: moim models use %s FILE", out,
            role, role);
    }
    const struct moim_model *x = moim_models_by_role(m, role);
    if (!x || !x->n_files) return moim_fail(err, MOIM_ENOENT, "%s: no model is listed for this role", role);
    return moim_model_file(m, x, out, cap, err);
}

int moim_model_file(const struct moim_models *m, const struct moim_model *x, char *out, size_t cap,
                    struct moim_err *err)
{
    if (!x->n_files) return moim_fail(err, MOIM_ENOENT, "%s: no file is listed for it", x->name);
    file_path(m, &x->files[0], out, cap);
    if (moim_model_installed(m, x)) return MOIM_OK;
    const char *why = access(out, F_OK) ? "is missing" : "is damaged (its size is wrong)";
    return moim_fail_why(err, MOIM_ENOENT, "no_models", "model %s (%s) %s; get it with: moim models fetch %s",
                         x->name, out, why, x->name);
}

void moim_models_weights(const char *file, char out[4300])
{
    struct stat st;
    snprintf(out, 4300, "%s", file);
    if (stat(file, &st) || !S_ISDIR(st.st_mode)) return;
    snprintf(out, 4300, "%.4200s/model.safetensors", file);
    if (access(out, F_OK)) snprintf(out, 4300, "%.4200s/model.bin", file);
}

/* The regular file that the user means. */
static int resolve(const struct moim_models *m, const char *role, const char *file, char full[4096],
                   struct moim_err *err)
{
    char path[4300];
    const struct moim_model *x = access(file, F_OK) ? moim_models_named(m, file, role) : NULL;
    moim_models_weights(file, path);
    if (x && !moim_model_installed(m, x))
        return moim_fail(err, MOIM_ENOENT, "%s is not installed; get it with: moim models fetch %s", file,
                         file);
    if (x) file_path(m, &x->files[0], path, sizeof path);
    if (!realpath(path, full)) return moim_fail_errno(err, "%s", path);
    if (strpbrk(full, "\r\n")) return moim_fail(err, MOIM_EINVAL, "%s: a line break in its name", file);
    return moim_regular_file(full, err);
}

int moim_models_use(const struct moim_models *m, const char *role, const char *file, struct moim_err *err)
{
    if (!moim_models_by_role(m, role))
        return moim_fail(err, MOIM_EINVAL, "%s: no such role (see: moim models list)", role);
    char full[4096], conf[4096], tmp[4200], line[4400];
    int rc = file ? resolve(m, role, file, full, err) : MOIM_OK;
    if (!rc && file) rc = moim_model_check(role, full, err);
    if (!rc) rc = moim_path_data(conf, sizeof conf, CHOICES, err);
    if (!rc) rc = moim_make_parents(conf, err);
    if (rc) return rc;
    snprintf(tmp, sizeof tmp, "%s.tmp", conf);
    unlink(tmp);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        rc = moim_fail_errno(err, "%s", tmp);
        if (fd >= 0) close(fd);
        return rc;
    }
    FILE *in = fopen(conf, "r");
    size_t n = strlen(role);
    while (in && fgets(line, sizeof line, in))
        if (strncmp(line, role, n) || line[n] != ' ') fputs(line, out);
    if (in) fclose(in);
    if (file) fprintf(out, "%s %s\n", role, full);
    int bad = fflush(out) || fsync(fileno(out));
    if (fclose(out) || bad || rename(tmp, conf)) {
        rc = moim_fail_errno(err, "%s", conf);
        unlink(tmp);
    }
    return rc;
}
