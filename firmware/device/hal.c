#include "base/clock.h"
#include "firmware/device/hal_int.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

struct moim_hal {
    const struct hal_vtable *vt; /* NULL: nothing */
    void *impl;
    char path[4096];
    char shown[64];
};

long long hal_now_ms(void)
{
    return (long long)(moim_monotonic() * 1000);
}

int moim_hal_open(struct moim_hal **out, const char *what, const char *path, struct moim_err *err)
{
    *out = NULL;
    struct moim_hal *h = calloc(1, sizeof *h);
    if (!h) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    snprintf(h->path, sizeof h->path, "%s", path);
    int rc = MOIM_OK;
    if (!strncmp(what, "sim:", 4))
        rc = hal_sim_open(&h->vt, &h->impl, what + 4, err);
    else if (strcmp(what, "none"))
        rc = hal_gpio_open(&h->vt, &h->impl, what, err);
    if (rc) {
        free(h);
        return rc;
    }
    *out = h;
    return MOIM_OK;
}

void moim_hal_close(struct moim_hal *h)
{
    if (!h) return;
    if (h->vt) h->vt->close(h->impl);
    free(h);
}

int moim_hal_wait(struct moim_hal *h, int timeout_ms, struct moim_contacts *c, struct moim_err *err)
{
    if (h->vt) return h->vt->wait(h->impl, timeout_ms, c, err);
    nanosleep(&(struct timespec){timeout_ms / 1000, timeout_ms % 1000 * 1000000L}, NULL);
    *c = (struct moim_contacts){.at_ms = hal_now_ms()};
    return MOIM_OK;
}

void moim_hal_led(struct moim_hal *h, enum moim_box_led led, long long now_ms)
{
    if (h->vt) h->vt->led(h->impl, led, now_ms);
}

void moim_hal_show(struct moim_hal *h, const char *first, const char *second)
{
    char both[64];
    snprintf(both, sizeof both, "%.16s|%.16s", first, second);
    if (!h->vt || !strcmp(both, h->shown)) return;
    strcpy(h->shown, both);
    h->vt->show(h->impl, first, second);
}

void moim_hal_sensors(struct moim_hal *h, struct moim_sensors *s)
{
    moim_sensors_read("/sys", h->path, s);
    if (h->vt && h->vt->sensors) h->vt->sensors(h->impl, s);
}

void moim_led_pattern(enum moim_box_led led, long long now_ms, bool *red, bool *green)
{
    long long slow = now_ms % 2000, fast = now_ms % 200;
    *red = led == MOIM_LED_RECORDING || led == MOIM_LED_BUSY || (led == MOIM_LED_PAUSED && slow < 1000) ||
           (led == MOIM_LED_WARNING && slow < 1000) || (led == MOIM_LED_REFUSED && fast < 100);
    *green = led == MOIM_LED_READY || led == MOIM_LED_BUSY || (led == MOIM_LED_WORKING && slow < 1000) ||
             (led == MOIM_LED_WARNING && slow < 1000);
}

/* ---- sensors ---- */

static bool read_line(char *out, size_t cap, const char *root, const char *class, const char *name,
                      const char *file)
{
    char path[1024];
    if (snprintf(path, sizeof path, "%s/class/%s/%s/%s", root, class, name, file) >= (int)sizeof path)
        return false;
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(out, (int)cap, f);
    if (f) fclose(f);
    if (ok) out[strcspn(out, "\n")] = 0;
    return ok;
}

static void read_zone(const char *root, const char *name, struct moim_sensors *s)
{
    char line[64];
    if (strncmp(name, "thermal_zone", 12) || !read_line(line, sizeof line, root, "thermal", name, "temp"))
        return;
    double t = strtod(line, NULL) / 1000;
    if (t > -40 && t < 200 && !(s->temperature >= t)) s->temperature = t;
}

static void read_supply(const char *root, const char *name, struct moim_sensors *s)
{
    char line[64];
    if (!read_line(line, sizeof line, root, "power_supply", name, "type") || strcmp(line, "Battery")) return;
    if (!read_line(line, sizeof line, root, "power_supply", name, "capacity")) return;
    s->battery = strtod(line, NULL);
    s->charging = read_line(line, sizeof line, root, "power_supply", name, "status") &&
                  (!strcmp(line, "Charging") || !strcmp(line, "Full"));
}

static void each(const char *root, const char *class,
                 void (*take)(const char *, const char *, struct moim_sensors *), struct moim_sensors *s)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/class/%s", root, class);
    DIR *d = opendir(path);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.') take(root, e->d_name, s);
    if (d) closedir(d);
}

void moim_sensors_read(const char *root, const char *path, struct moim_sensors *s)
{
    struct statvfs fs;
    *s = (struct moim_sensors){.temperature = NAN, .battery = NAN, .free_bytes = -1};
    each(root, "thermal", read_zone, s);
    each(root, "power_supply", read_supply, s);
    if (!statvfs(path, &fs)) s->free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

/* ---- wiring ---- */

static bool read_pin(const char *value, struct moim_pin *pin)
{
    char chip[32], rest;
    int line;
    if (sscanf(value, "%31s %d %c", chip, &line, &rest) != 2 || line < 0 || line > 1023) return false;
    strcpy(pin->chip, chip);
    pin->line = line;
    return true;
}

static bool take(struct moim_wiring *w, const char *key, const char *value)
{
    struct {
        const char *key;
        struct moim_pin *pin;
    } pins[] = {
        {"button", &w->button}, {"mute", &w->mute}, {"led_red", &w->led_red}, {"led_green", &w->led_green}};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++)
        if (!strcmp(key, pins[i].key)) return read_pin(value, pins[i].pin);
    unsigned address;
    char bus[64], rest;
    if (strcmp(key, "display") || sscanf(value, "%63s %x %c", bus, &address, &rest) != 2 || address > 0x7f)
        return false;
    strcpy(w->display, bus);
    w->address = (int)address;
    return true;
}

int moim_wiring_read(struct moim_wiring *w, const char *path, struct moim_err *err)
{
    *w = (struct moim_wiring){
        .button = {.line = -1}, .mute = {.line = -1}, .led_red = {.line = -1}, .led_green = {.line = -1}};
    FILE *f = fopen(path, "r");
    if (!f) return moim_fail_errno(err, "%s", path);
    char line[256];
    int rc = MOIM_OK;
    for (int n = 1; !rc && fgets(line, sizeof line, f); n++) {
        char key[32], value[128];
        line[strcspn(line, "#\n")] = 0;
        if (line[strspn(line, " \t")] == 0) continue;
        if (sscanf(line, " %31[a-z_] = %127[^\n]", key, value) != 2 || !take(w, key, value))
            rc = moim_fail(err, MOIM_EFORMAT, "%s:%d: not understood: %.100s", path, n, line);
    }
    if (!rc && ferror(f)) rc = moim_fail(err, MOIM_EIO, "%s: cannot be read", path);
    fclose(f);
    return rc;
}
