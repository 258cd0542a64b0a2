#include "audio/devices.h"
#include "base/text.h"

#include <fcntl.h>
#include <portaudio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int moim_stderr_off(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0) return -1;
    fflush(stderr);
    int saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (saved >= 0) dup2(null, 2);
    close(null);
    return saved;
}

void moim_stderr_on(int saved)
{
    if (saved < 0) return;
    dup2(saved, 2);
    close(saved);
}

int moim_portaudio_start(struct moim_err *err)
{
    setenv("JACK_NO_START_SERVER", "1", 0); /* looking for devices must not start a sound server */
    PaError e = Pa_Initialize();
    return e ? moim_fail(err, MOIM_EIO, "the sound system cannot be started: %s", Pa_GetErrorText(e))
             : MOIM_OK;
}

static bool describe(int index, struct moim_device *d)
{
    const PaDeviceInfo *i = Pa_GetDeviceInfo(index);
    if (!i || i->maxInputChannels < 1 || i->defaultSampleRate < 1000) return false;
    const PaHostApiInfo *api = Pa_GetHostApiInfo(i->hostApi);
    *d = (struct moim_device){.index = index,
                              .channels = i->maxInputChannels,
                              .rate = i->defaultSampleRate,
                              .is_default = index == Pa_GetDefaultInputDevice()};
    snprintf(d->name, sizeof d->name, "%s", i->name);
    moim_cut_whole(d->name);
    snprintf(d->api, sizeof d->api, "%s", api ? api->name : "");
    moim_text_clean_in(d->name, sizeof d->name, false);
    moim_text_clean_in(d->api, sizeof d->api, false);
    return true;
}

/* 3 exact with or without the api, 2 begins so, 1 contains it, 0 is another. */
static int likeness(const struct moim_device *d, const char *wanted)
{
    char full[sizeof d->api + sizeof d->name + 1];
    snprintf(full, sizeof full, "%s:%s", d->api, d->name);
    if (!strcasecmp(d->name, wanted) || !strcasecmp(full, wanted)) return 3;
    size_t n = strlen(wanted);
    if (!strncasecmp(d->name, wanted, n) || !strncasecmp(full, wanted, n)) return 2;
    return strcasestr(full, wanted) != NULL;
}

static int not_found(const char *wanted, struct moim_err *err)
{
    struct moim_device d;
    char list[sizeof err->msg] = ""; /* as much of it as a message holds */
    for (int i = 0, n = Pa_GetDeviceCount(); i < n; i++) {
        if (!describe(i, &d)) continue;
        size_t at = strlen(list);
        int more = snprintf(list + at, sizeof list - at, "%s%s", at ? ", " : "", d.name);
        if (more >= (int)(sizeof list - at)) moim_cut_whole(list);
    }
    if (!*list) return moim_fail(err, MOIM_ENOENT, "no microphone is connected");
    return moim_fail(err, MOIM_ENOENT, "no microphone \"%s\"; there is: %s", wanted, list);
}

int moim_device_find(const char *wanted, bool exact, struct moim_device *d, struct moim_err *err)
{
    int count = Pa_GetDeviceCount(), best = 0;
    char *end;
    long number = strtol(wanted, &end, 10);
    if (!exact && *wanted && !*end)
        return number >= 0 && number < count && describe((int)number, d) ? MOIM_OK : not_found(wanted, err);
    for (int i = 0; i < count; i++) {
        struct moim_device one;
        if (!describe(i, &one)) continue;
        int like = *wanted ? likeness(&one, wanted) : 1 + one.is_default;
        if (like > best && (like == 3 || !exact)) {
            best = like;
            *d = one;
        }
    }
    return best ? MOIM_OK : not_found(wanted, err);
}

int moim_capture_devices(struct moim_device **list, int *n, struct moim_err *err)
{
    *list = NULL;
    *n = 0;
    int saved = moim_stderr_off(), rc = moim_portaudio_start(err);
    moim_stderr_on(saved);
    if (rc) return rc;
    int count = Pa_GetDeviceCount();
    if (count < 0) count = 0;
    *list = calloc((size_t)count + 1, sizeof **list);
    if (!*list) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < count; i++) *n += describe(i, &(*list)[*n]);
    Pa_Terminate();
    return rc;
}
