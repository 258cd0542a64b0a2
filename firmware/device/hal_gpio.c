/* Buttons and LEDs by libgpiod (character device), a display by i2c-dev. */
#include "firmware/device/hal_int.h"

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CONSUMER "moim"

struct gpio {
    struct pin {
        struct gpiod_chip *chip;
        struct gpiod_line *line; /* NULL: not wired */
    } button, mute, red, green;
    int display; /* descriptor, or -1 */
    bool lit[2];
};

static int open_pin(struct pin *p, const struct moim_pin *w, bool input, struct moim_err *err)
{
    if (w->line < 0) return MOIM_OK;
    p->chip = gpiod_chip_open_lookup(w->chip);
    if (!p->chip) return moim_fail_errno(err, "%s", w->chip);
    struct gpiod_line *line = gpiod_chip_get_line(p->chip, (unsigned)w->line);
    if (!line) return moim_fail_errno(err, "%s line %d", w->chip, w->line);
    int flags = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP | GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW;
    if (input ? gpiod_line_request_both_edges_events_flags(line, CONSUMER, flags)
              : gpiod_line_request_output(line, CONSUMER, 0))
        return moim_fail_errno(err, "%s line %d", w->chip, w->line);
    p->line = line;
    return MOIM_OK;
}

/* Pull-up and active low: 1 is pressed. */
static bool closed(const struct pin *p)
{
    return p->line && gpiod_line_get_value(p->line) == 1;
}

static int wait_gpio(void *impl, int timeout_ms, struct moim_contacts *c, struct moim_err *err)
{
    struct gpio *g = impl;
    struct timespec t = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    struct gpiod_line_bulk wired, moved;
    struct gpiod_line_event event;
    gpiod_line_bulk_init(&wired);
    if (g->button.line) gpiod_line_bulk_add(&wired, g->button.line);
    if (g->mute.line) gpiod_line_bulk_add(&wired, g->mute.line);
    if (!gpiod_line_bulk_num_lines(&wired)) {
        nanosleep(&t, NULL);
    } else {
        int got = gpiod_line_event_wait_bulk(&wired, &t, &moved);
        if (got < 0 && errno != EINTR) return moim_fail_errno(err, "gpio");
        /* The edge only wakes: what counts is the level, which cannot be missed. */
        for (unsigned i = 0; got > 0 && i < gpiod_line_bulk_num_lines(&moved); i++)
            gpiod_line_event_read(gpiod_line_bulk_get_line(&moved, i), &event);
    }
    *c = (struct moim_contacts){closed(&g->button), closed(&g->mute), hal_now_ms()};
    return MOIM_OK;
}

static void led_gpio(void *impl, enum moim_box_led led, long long now_ms)
{
    struct gpio *g = impl;
    bool lit[2];
    moim_led_pattern(led, now_ms, &lit[0], &lit[1]);
    if (g->red.line && lit[0] != g->lit[0]) gpiod_line_set_value(g->red.line, lit[0]);
    if (g->green.line && lit[1] != g->lit[1]) gpiod_line_set_value(g->green.line, lit[1]);
    g->lit[0] = lit[0];
    g->lit[1] = lit[1];
}

static void show_gpio(void *impl, const char *first, const char *second)
{
    struct gpio *g = impl;
    if (g->display >= 0) hal_display_show(g->display, first, second);
}

static void close_gpio(void *impl)
{
    struct gpio *g = impl;
    struct pin *pins[] = {&g->button, &g->mute, &g->red, &g->green};
    led_gpio(g, MOIM_LED_OFF, 0);
    for (int i = 0; i < 4; i++)
        if (pins[i]->chip) gpiod_chip_close(pins[i]->chip); /* releases its lines */
    if (g->display >= 0) close(g->display);
    free(g);
}

int hal_gpio_open(const struct hal_vtable **vt, void **impl, const char *file, struct moim_err *err)
{
    static const struct hal_vtable vtable = {wait_gpio, led_gpio, show_gpio, NULL, close_gpio};
    struct moim_wiring w;
    int rc = moim_wiring_read(&w, file, err);
    if (rc) return rc;
    struct gpio *g = calloc(1, sizeof *g);
    if (!g) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    g->display = -1;
    rc = open_pin(&g->button, &w.button, true, err);
    if (!rc) rc = open_pin(&g->mute, &w.mute, true, err);
    if (!rc) rc = open_pin(&g->red, &w.led_red, false, err);
    if (!rc) rc = open_pin(&g->green, &w.led_green, false, err);
    if (!rc && *w.display) {
        g->display = hal_display_open(w.display, w.address, err);
        rc = g->display < 0 ? g->display : MOIM_OK;
    }
    if (rc) {
        close_gpio(g);
        return rc;
    }
    *vt = &vtable;
    *impl = g;
    return MOIM_OK;
}
