/* The hardware abstraction: the simulated box over its socket, sensors from a made-up /sys, wiring files, the
 * display. */
#include "testing.h"

#include "firmware/device/hal_int.h"

#include <math.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/moim-hal-XXXXXX";

static const char *path(const char *name)
{
    static char p[256];
    snprintf(p, sizeof p, "%s/%s", dir, name);
    return p;
}

static void put(const char *name, const char *text)
{
    char cmd[512];
    snprintf(cmd, sizeof cmd, "mkdir -p \"$(dirname '%s')\"", path(name));
    assert_int_equal(system(cmd), 0);
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int dial(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%.100s", path("box"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Looks at the box until its contacts are so, or a minute is over. */
static bool stand(struct moim_hal *h, bool button, bool mute, struct moim_contacts *c)
{
    struct moim_err err = {0};
    for (int i = 0; i < 600; i++) {
        assert_ok(moim_hal_wait(h, 100, c, &err), err);
        if (c->button == button && c->mute == mute) return true;
    }
    return false;
}

static void the_simulated_box_presses_and_shows(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_hal *h;
    struct moim_contacts c;
    struct moim_sensors s;
    static const char want[] = "led off\nsensed 91.5 3 -1\nled recording\nshow REC|0:01\n";
    char spec[300], got[256] = "";
    snprintf(spec, sizeof spec, "sim:%s", path("box"));
    assert_ok(moim_hal_open(&h, spec, dir, &err), err);
    int fd = dial();
    assert_ok(moim_hal_wait(h, 200, &c, &err), err);
    say(fd, "press\nrelease\nmute on\n");
    assert_true(stand(h, true, false, &c)); /* though the release came in the same packet */
    assert_true(stand(h, false, true, &c));
    say(fd, "press 150\n");
    assert_true(stand(h, true, true, &c));
    long long at = c.at_ms;
    assert_true(stand(h, false, true, &c));
    assert_in_range(c.at_ms - at, 140, 150); /* by the box's clock, whenever we looked */
    say(fd, "temperature 91.5\nbattery 3\nmute off\n");
    assert_true(stand(h, false, false, &c));
    moim_hal_sensors(h, &s);
    assert_true(fabs(s.temperature - 91.5) < 1e-9 && fabs(s.battery - 3) < 1e-9 && s.free_bytes > 0);
    moim_hal_led(h, MOIM_LED_RECORDING, 0);
    moim_hal_show(h, "REC", "0:01");
    moim_hal_show(h, "REC", "0:01");
    for (size_t n = 0; n < sizeof want - 1;) {
        ssize_t more = read(fd, got + n, sizeof want - 1 - n);
        assert_true(more > 0);
        n += (size_t)more;
    }
    assert_string_equal(got, want);
    assert_int_equal(recv(fd, got, 1, MSG_DONTWAIT), -1); /* and no more */
    /* Lines without end and clients that leave cost nothing. */
    char junk[4096];
    memset(junk, 'x', sizeof junk);
    assert_true(write(fd, junk, sizeof junk) > 0);
    for (int i = 0; i < 50; i++) moim_hal_wait(h, 1, &c, &err);
    close(fd);
    fd = dial();
    say(fd, "mute on\n");
    assert_true(stand(h, false, true, &c));
    close(fd);
    moim_hal_close(h);
    assert_int_not_equal(access(path("box"), F_OK), 0);
}

static void sensors_come_from_sysfs(void **state)
{
    (void)state;
    struct moim_sensors s;
    moim_sensors_read(path("nothing"), dir, &s);
    assert_true(isnan(s.temperature) && isnan(s.battery) && s.free_bytes > 0);
    put("sys/class/thermal/thermal_zone0/temp", "48700\n");
    put("sys/class/thermal/thermal_zone1/temp", "61250\n");
    put("sys/class/thermal/cooling_device0/temp", "99000\n");
    put("sys/class/power_supply/AC/type", "Mains\n");
    put("sys/class/power_supply/BAT0/type", "Battery\n");
    put("sys/class/power_supply/BAT0/capacity", "37\n");
    put("sys/class/power_supply/BAT0/status", "Discharging\n");
    moim_sensors_read(path("sys"), "/nowhere", &s);
    assert_true(fabs(s.temperature - 61.25) < 1e-9 && fabs(s.battery - 37) < 1e-9 && !s.charging &&
                s.free_bytes == -1);
}

static void a_wiring_file_is_read_or_its_bad_line_named(void **state)
{
    (void)state;
    struct moim_err err = {0};
    struct moim_wiring w;
    put("good", "# box\nbutton = gpiochip0 17\n  led_red=gpiochip0 22 # red\n\ndisplay = /dev/i2c-1 0x3c\n");
    assert_ok(moim_wiring_read(&w, path("good"), &err), err);
    assert_string_equal(w.button.chip, "gpiochip0");
    assert_int_equal(w.button.line, 17);
    assert_int_equal(w.led_red.line, 22);
    assert_int_equal(w.mute.line, -1);
    assert_string_equal(w.display, "/dev/i2c-1");
    assert_int_equal(w.address, 0x3c);
    const char *bad[] = {"button\n",
                         "button = gpiochip0\n",
                         "button = gpiochip0 -3\n",
                         "button = gpiochip0 17 x\n",
                         "buzzer = gpiochip0 1\n",
                         "display = /dev/i2c-1 0x99\n",
                         "button = gpiochip0 99999\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("bad", bad[i]);
        assert_int_equal(moim_wiring_read(&w, path("bad"), &err), MOIM_EFORMAT);
        assert_non_null(strstr(err.msg, "bad:1:"));
    }
    struct moim_hal *h;
    assert_int_equal(moim_hal_open(&h, path("missing"), dir, &err), MOIM_ENOENT);
    put("nochip", "button = moim-no-such-chip 1\n");
    assert_int_not_equal(moim_hal_open(&h, path("nochip"), dir, &err), MOIM_OK);
}

static void patterns_are_told_apart(void **state)
{
    (void)state;
    char seen[MOIM_LEDS][41];
    for (int l = 0; l < MOIM_LEDS; l++) {
        for (int t = 0; t < 40; t++) {
            bool red, green;
            moim_led_pattern((enum moim_box_led)l, t * 50, &red, &green);
            seen[l][t] = (char)('0' + red + 2 * green);
        }
        seen[l][40] = 0;
    }
    for (int a = 0; a < MOIM_LED_MARKED; a++)
        for (int b = 0; b < a; b++) assert_string_not_equal(seen[a], seen[b]);
    assert_string_equal(seen[MOIM_LED_MARKED], seen[MOIM_LED_OFF]); /* off for a moment is what marks */
}

static void the_display_draws_inside_its_picture(void **state)
{
    (void)state;
    uint8_t p[1024], q[1024];
    hal_draw(p, "REC 1:23:45", "12 PEOPLE, 98%");
    int lit = 0;
    for (int i = 0; i < 1024; i++) lit += p[i] != 0;
    assert_true(lit > 100);
    hal_draw(q, "rec 1:23:45", "12 people, 98%");
    assert_memory_equal(p, q, 1024);
    hal_draw(p, "a line that is far longer than sixteen", "회의"); /* cut; what has no glyph is blank */
    hal_draw(q, "a line that is f", "");
    assert_memory_equal(p, q, 1024);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[300];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulated_box_presses_and_shows),
        cmocka_unit_test(sensors_come_from_sysfs),
        cmocka_unit_test(a_wiring_file_is_read_or_its_bad_line_named),
        cmocka_unit_test(patterns_are_told_apart),
        cmocka_unit_test(the_display_draws_inside_its_picture),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
