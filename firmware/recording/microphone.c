#include "firmware/recording/microphone.h"
#include "audio/capture_pulse.h"
#include "base/text.h"
#include "storage/queue.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTING "microphone"
#define CALL_SETTING "call"

/* The first line of device.conf beside the store; false when there is no such file. */
static bool read_old_file(const struct moim_store *s, char path[4096], char line[256])
{
    const char *db = moim_store_path(s), *slash = strrchr(db, '/');
    int n = snprintf(path, 4096, "%.*sdevice.conf", slash ? (int)(slash - db + 1) : 0, db);
    int fd = n < 4096 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1; /* a pipe there must not hang */
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    if (!f) return false;
    if (!fgets(line, 256, f)) *line = 0;
    line[strcspn(line, "\n")] = 0;
    fclose(f);
    moim_text_clean_in(line, 256, false);
    return true;
}

int moim_microphone_chosen(struct moim_store *s, char **name, struct moim_err *err)
{
    char path[4096], old[256];
    int rc = moim_setting_get(s, SETTING, "", name, err);
    if (rc || !read_old_file(s, path, old)) return rc;
    if (!**name && *old) {
        free(*name);
        *name = strdup(old);
        if (!*name) return moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (moim_microphone_choose(s, old, NULL))
            return MOIM_OK; /* a store that may only be read: the file stays */
    }
    unlink(path);
    return MOIM_OK;
}

int moim_microphone_choose(struct moim_store *s, const char *name, struct moim_err *err)
{
    return moim_setting_set(s, SETTING, name, err);
}

int moim_call_chosen(struct moim_store *s, char **name, struct moim_err *err)
{
    return moim_setting_get(s, CALL_SETTING, "", name, err);
}

int moim_call_choose(struct moim_store *s, const char *name, struct moim_err *err)
{
    return moim_setting_set(s, CALL_SETTING, name, err);
}

/* What an output plays is told by the sound server; its answer counts where no other device is meant. */
int moim_call_open(struct moim_source **out, const char *name, struct moim_err *err)
{
    struct moim_err second;
    struct moim_capture_options other = {.device = name, .same = true};
    int rc = moim_source_pulse(out, name, err);
    if (rc != MOIM_ENOENT || !strcmp(name, MOIM_CALL_DEFAULT)) return rc;
    return moim_source_capture(out, &other, &second) ? rc : MOIM_OK;
}

cJSON *moim_device_json(const struct moim_device *d, const char *chosen)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "index", d->index);
    cJSON_AddStringToObject(o, "name", d->name);
    cJSON_AddStringToObject(o, "api", d->api);
    cJSON_AddNumberToObject(o, "channels", d->channels);
    cJSON_AddNumberToObject(o, "rate", d->rate);
    cJSON_AddBoolToObject(o, "default", d->is_default);
    if (d->output) cJSON_AddTrueToObject(o, "output");
    cJSON_AddBoolToObject(o, "chosen", *chosen || d->output ? !strcmp(chosen, d->name) : d->is_default);
    return o;
}
