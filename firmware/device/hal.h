/* What the box is made of, behind one interface: a button, a mute switch, two LEDs, a small display, and
 * sensors.
 *
 *   "none"         nothing but the sensors of /sys
 *   "sim:SOCKET"   a simulated box for tests and for people without one: a UNIX socket to which lines are
 * written
 *                  ("press", "release", "press 150": held for so many ms by the box's own clock, "mute
 * on|off", "temperature 85", "battery 4", "free 1000000") and from which lines are read ("led recording",
 *                  "show LINE|LINE", "sensed TEMPERATURE BATTERY FREE" when new values have been looked at)
 *   any other      a file that names the wiring (docs/hardware.md): lines "KEY = VALUE", "#" comments
 *                  button = gpiochip0 17      contact to ground, pull-up on, pressed is low
 *                  mute = gpiochip0 27        the same for the switch
 *                  led_red = gpiochip0 22, led_green = gpiochip0 23
 *                  display = /dev/i2c-1 0x3c  SSD1306, 128 x 64
 *
 * One thread at a time. */
#ifndef MOIM_FIRMWARE_DEVICE_HAL_H
#define MOIM_FIRMWARE_DEVICE_HAL_H

#include "base/status.h"
#include "firmware/device/state_machine.h"
#include <stdint.h>

struct moim_hal;

struct moim_contacts {
    bool button, mute; /* closed */
    long long at_ms;   /* when they were so, by CLOCK_MONOTONIC */
};

struct moim_sensors {
    double temperature; /* degrees Celsius of the hottest zone, NAN unknown */
    double battery;     /* percent, NAN without a battery */
    bool charging;
    int64_t free_bytes; /* of the file system that holds path, -1 unknown */
};

/* path: a place on the disk that matters. MOIM_ENOENT, MOIM_EFORMAT (line named), MOIM_EACCES, MOIM_EIO. */
int moim_hal_open(struct moim_hal **out, const char *what, const char *path, struct moim_err *err);
void moim_hal_close(struct moim_hal *h);

/* Waits until a contact moves, at most timeout_ms; *c are the contacts now. */
int moim_hal_wait(struct moim_hal *h, int timeout_ms, struct moim_contacts *c, struct moim_err *err);
/* Shows a pattern as it stands at now_ms; call some twenty times a second. */
void moim_hal_led(struct moim_hal *h, enum moim_box_led led, long long now_ms);
/* Two lines of at most 16 characters: letters, digits, " .:-%/". */
void moim_hal_show(struct moim_hal *h, const char *first, const char *second);
void moim_hal_sensors(struct moim_hal *h, struct moim_sensors *s);

/* Which LEDs a pattern lights at now_ms. */
void moim_led_pattern(enum moim_box_led led, long long now_ms, bool *red, bool *green);
/* The sensors below root ("/sys"; tests bring their own). */
void moim_sensors_read(const char *root, const char *path, struct moim_sensors *s);

/* A wiring file. */
struct moim_wiring {
    struct moim_pin {
        char chip[32];
        int line; /* -1: not there */
    } button, mute, led_red, led_green;
    char display[64]; /* "" none */
    int address;
};
int moim_wiring_read(struct moim_wiring *w, const char *path, struct moim_err *err);

#endif
