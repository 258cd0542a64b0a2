/* The box on the table as a state machine: what a button, a mute switch, a full disk, heat and a weak battery
 * mean at each moment (drawn in docs/hardware.md). Pure: events in, actions out, no clock and no hardware, so
 * that tests try every event in every state.
 *
 *              short           started                    mute on | paused
 *     IDLE ───────────► STARTING ───────► RECORDING ─────────────────────────► PAUSED
 *      ▲                   │ failed        │  ▲  │ long: bookmark                 │
 *      ├───────────────────┘               │  └──┼── mute off | resumed ──────────┤
 *      │        stopped                    ▼     ▼ short | battery low            │
 *      └──────────────────────────────── STOPPING ◄────── short | battery low ────┘
 */
#ifndef MOIM_FIRMWARE_DEVICE_STATE_MACHINE_H
#define MOIM_FIRMWARE_DEVICE_STATE_MACHINE_H

#include <stdbool.h>

enum moim_box_state {
    MOIM_BOX_IDLE,
    MOIM_BOX_STARTING,
    MOIM_BOX_RECORDING,
    MOIM_BOX_PAUSED,
    MOIM_BOX_STOPPING,
    MOIM_BOX_STATES
};

enum moim_box_event {
    MOIM_BOX_SHORT, /* button */
    MOIM_BOX_LONG,
    MOIM_BOX_MUTE_ON, /* switch */
    MOIM_BOX_MUTE_OFF,
    MOIM_BOX_STARTED, /* the recorder's answers, and what people do on the page */
    MOIM_BOX_FAILED,
    MOIM_BOX_WAS_PAUSED,
    MOIM_BOX_WAS_RESUMED,
    MOIM_BOX_STOPPED,
    MOIM_BOX_JOBS_BUSY,
    MOIM_BOX_JOBS_IDLE,
    MOIM_BOX_DISK_LOW, /* sensors */
    MOIM_BOX_DISK_OK,
    MOIM_BOX_HOT,
    MOIM_BOX_COOL,
    MOIM_BOX_BATTERY_LOW,
    MOIM_BOX_BATTERY_OK,
    MOIM_BOX_EVENTS
};

/* What is to be done, as a set. */
enum moim_box_action {
    MOIM_BOX_START = 1,
    MOIM_BOX_STOP = 2,
    MOIM_BOX_PAUSE = 4,
    MOIM_BOX_RESUME = 8,
    MOIM_BOX_BOOKMARK = 16,
    MOIM_BOX_HOLD_JOBS = 32, /* heat or a weak battery: nothing is computed */
    MOIM_BOX_GO_ON = 64,     /* with the jobs */
    MOIM_BOX_REFUSE = 128    /* tell the person: not now */
};

enum moim_box_led {
    MOIM_LED_OFF,
    MOIM_LED_READY,     /* green, dim */
    MOIM_LED_WORKING,   /* green, slow */
    MOIM_LED_RECORDING, /* red */
    MOIM_LED_PAUSED,    /* red, slow: paused or muted */
    MOIM_LED_BUSY,      /* red and green: starting, stopping */
    MOIM_LED_WARNING,   /* red and green, slow: heat, battery or disk want attention */
    MOIM_LED_REFUSED,   /* red, fast, for a second */
    MOIM_LED_MARKED,    /* off for a moment: the bookmark is set */
    MOIM_LEDS
};

struct moim_box {
    enum moim_box_state state;
    bool muted, disk_low, hot, battery_low, jobs;
    bool muted_pause; /* the switch paused it, so the switch resumes it */
};

/* Takes an event and returns the set of actions. Every event is allowed in every state. */
unsigned moim_box_step(struct moim_box *b, enum moim_box_event event);
/* What the LED shows while nothing passing (REFUSED, MARKED) is shown. */
enum moim_box_led moim_box_led(const struct moim_box *b);

const char *moim_box_state_name(enum moim_box_state s); /* "idle", ... */
const char *moim_box_event_name(enum moim_box_event e); /* "short", "mute-on", ... */
const char *moim_box_led_name(enum moim_box_led l);     /* "ready", ... */

/* ---- the button ---- */

#define MOIM_BUTTON_DEBOUNCE_MS 30
#define MOIM_BUTTON_LONG_MS 700

/* One button from its contacts' edges: bounces are passed over; a long press is told while it is still held.
 */
struct moim_button {
    bool down, reported;
    long long since_ms; /* when it went down */
    long long edge_ms;  /* the last edge, for bouncing */
    bool raw;
};
enum moim_button_press { MOIM_BUTTON_NOTHING, MOIM_BUTTON_SHORT, MOIM_BUTTON_LONG };
/* The contact is (still) closed or open at now_ms; call at every edge and some twenty times a second. */
enum moim_button_press moim_button_feed(struct moim_button *b, bool closed, long long now_ms);

#endif
