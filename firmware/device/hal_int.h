/* Inside of the hardware abstraction: what each back end implements. */
#ifndef MOIM_FIRMWARE_DEVICE_HAL_INT_H
#define MOIM_FIRMWARE_DEVICE_HAL_INT_H

#include "firmware/device/hal.h"

struct hal_vtable {
    int (*wait)(void *impl, int timeout_ms, struct moim_contacts *c, struct moim_err *err);
    void (*led)(void *impl, enum moim_box_led led, long long now_ms);
    void (*show)(void *impl, const char *first, const char *second);
    void (*sensors)(void *impl, struct moim_sensors *s); /* changes what /sys said; may be NULL */
    void (*close)(void *impl);
};

int hal_sim_open(const struct hal_vtable **vt, void **impl, const char *socket, struct moim_err *err);
int hal_gpio_open(const struct hal_vtable **vt, void **impl, const char *file, struct moim_err *err);

long long hal_now_ms(void); /* CLOCK_MONOTONIC */

/* SSD1306: two lines of 16 characters as its 128 x 64 picture, eight pages of 128 columns. */
void hal_draw(uint8_t picture[1024], const char *first, const char *second);
int hal_display_open(const char *bus, int address,
                     struct moim_err *err); /* a descriptor, or a negative status */
void hal_display_show(int fd, const char *first, const char *second);

#endif
