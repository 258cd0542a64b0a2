#include "firmware/device/state_machine.h"

static const char *const state_names[MOIM_BOX_STATES] = {"idle", "starting", "recording", "paused",
                                                         "stopping"};
static const char *const event_names[MOIM_BOX_EVENTS] = {
    "short",      "long",        "mute-on", "mute-off",    "started",   "failed",
    "was-paused", "was-resumed", "stopped", "jobs-busy",   "jobs-idle", "disk-low",
    "disk-ok",    "hot",         "cool",    "battery-low", "battery-ok"};
static const char *const led_names[MOIM_LEDS] = {"off",  "ready",   "working", "recording", "paused",
                                                 "busy", "warning", "refused", "marked"};

const char *moim_box_state_name(enum moim_box_state s)
{
    return (unsigned)s < MOIM_BOX_STATES ? state_names[s] : "unknown";
}

const char *moim_box_event_name(enum moim_box_event e)
{
    return (unsigned)e < MOIM_BOX_EVENTS ? event_names[e] : "unknown";
}

const char *moim_box_led_name(enum moim_box_led l)
{
    return (unsigned)l < MOIM_LEDS ? led_names[l] : "unknown";
}

static bool has_recording(const struct moim_box *b)
{
    return b->state == MOIM_BOX_RECORDING || b->state == MOIM_BOX_PAUSED;
}

static unsigned stop(struct moim_box *b)
{
    b->state = MOIM_BOX_STOPPING;
    b->muted_pause = false;
    return MOIM_BOX_STOP;
}

static unsigned short_press(struct moim_box *b)
{
    if (has_recording(b)) return stop(b);
    if (b->state != MOIM_BOX_IDLE) return 0; /* starting or stopping: the answer is on its way */
    if (b->muted || b->disk_low || b->battery_low) return MOIM_BOX_REFUSE;
    b->state = MOIM_BOX_STARTING;
    return MOIM_BOX_START;
}

/* A pause that the switch made ends with the switch; one that a person made does not. */
static unsigned mute(struct moim_box *b, bool on)
{
    b->muted = on;
    if (on && b->state == MOIM_BOX_RECORDING) {
        b->state = MOIM_BOX_PAUSED;
        b->muted_pause = true;
        return MOIM_BOX_PAUSE;
    }
    if (!on && b->state == MOIM_BOX_PAUSED && b->muted_pause) {
        b->state = MOIM_BOX_RECORDING;
        b->muted_pause = false;
        return MOIM_BOX_RESUME;
    }
    return 0;
}

/* What was switched while the recorder was starting takes effect now. */
static unsigned started(struct moim_box *b)
{
    if (has_recording(b) || b->state == MOIM_BOX_STOPPING) return 0;
    b->state = MOIM_BOX_RECORDING;
    if (b->battery_low) return stop(b);
    return b->muted ? mute(b, true) : 0;
}

/* The page resumed it: a switch that still mutes wins. */
static unsigned resumed(struct moim_box *b)
{
    if (b->state != MOIM_BOX_PAUSED) return 0;
    b->state = MOIM_BOX_RECORDING;
    b->muted_pause = false;
    return b->muted ? mute(b, true) : 0;
}

static unsigned paused(struct moim_box *b)
{
    if (b->state == MOIM_BOX_RECORDING) {
        b->state = MOIM_BOX_PAUSED;
        b->muted_pause = false;
    }
    return 0;
}

static unsigned ended(struct moim_box *b)
{
    b->state = MOIM_BOX_IDLE;
    b->muted_pause = false;
    return 0;
}

/* Jobs are held while either reason lasts. */
static unsigned set_hold_reason(struct moim_box *b, bool *reason, bool on)
{
    bool held = b->hot || b->battery_low;
    *reason = on;
    bool hold = b->hot || b->battery_low;
    return hold == held ? 0 : hold ? MOIM_BOX_HOLD_JOBS : MOIM_BOX_GO_ON;
}

unsigned moim_box_step(struct moim_box *b, enum moim_box_event event)
{
    switch (event) {
    case MOIM_BOX_SHORT: return short_press(b);
    case MOIM_BOX_LONG: return has_recording(b) ? MOIM_BOX_BOOKMARK : MOIM_BOX_REFUSE;
    case MOIM_BOX_MUTE_ON: return mute(b, true);
    case MOIM_BOX_MUTE_OFF: return mute(b, false);
    case MOIM_BOX_STARTED: return started(b);
    case MOIM_BOX_FAILED: return ended(b), MOIM_BOX_REFUSE;
    case MOIM_BOX_WAS_PAUSED: return paused(b);
    case MOIM_BOX_WAS_RESUMED: return resumed(b);
    case MOIM_BOX_STOPPED: return ended(b);
    case MOIM_BOX_JOBS_BUSY: b->jobs = true; return 0;
    case MOIM_BOX_JOBS_IDLE: b->jobs = false; return 0;
    case MOIM_BOX_DISK_LOW: b->disk_low = true; return 0; /* the journal itself stops before the last byte */
    case MOIM_BOX_DISK_OK: b->disk_low = false; return 0;
    case MOIM_BOX_HOT: return set_hold_reason(b, &b->hot, true);
    case MOIM_BOX_COOL: return set_hold_reason(b, &b->hot, false);
    case MOIM_BOX_BATTERY_LOW: {
        unsigned held = set_hold_reason(b, &b->battery_low, true);
        return held | (has_recording(b) ? stop(b) : 0); /* while there is power left to end it in order */
    }
    case MOIM_BOX_BATTERY_OK: return set_hold_reason(b, &b->battery_low, false);
    case MOIM_BOX_EVENTS: break;
    }
    return 0;
}

enum moim_box_led moim_box_led(const struct moim_box *b)
{
    switch (b->state) {
    case MOIM_BOX_STARTING:
    case MOIM_BOX_STOPPING: return MOIM_LED_BUSY;
    case MOIM_BOX_RECORDING: return MOIM_LED_RECORDING;
    case MOIM_BOX_PAUSED: return MOIM_LED_PAUSED;
    default: break;
    }
    if (b->disk_low || b->hot || b->battery_low) return MOIM_LED_WARNING;
    if (b->muted) return MOIM_LED_OFF;
    return b->jobs ? MOIM_LED_WORKING : MOIM_LED_READY;
}

enum moim_button_press moim_button_feed(struct moim_button *b, bool closed, long long now_ms)
{
    /* How the contact stood until now comes first: a look that comes late still sees the whole press. */
    bool was_closed = b->raw;
    if (was_closed && !b->down && now_ms - b->edge_ms >= MOIM_BUTTON_DEBOUNCE_MS) {
        b->down = true;
        b->reported = false;
        b->since_ms = b->edge_ms;
    }
    if (closed != b->raw) {
        b->raw = closed;
        b->edge_ms = now_ms;
    }
    if (was_closed && b->down && !b->reported && now_ms - b->since_ms >= MOIM_BUTTON_LONG_MS) {
        b->reported = true;
        return MOIM_BUTTON_LONG;
    }
    if (!b->raw && b->down && now_ms - b->edge_ms >= MOIM_BUTTON_DEBOUNCE_MS) {
        b->down = false;
        return b->reported ? MOIM_BUTTON_NOTHING : MOIM_BUTTON_SHORT;
    }
    return MOIM_BUTTON_NOTHING;
}
