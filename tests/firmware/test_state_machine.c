/* The box's state machine: every event in every state, and the button's contacts. */
#include "testing.h"

#include "firmware/device/state_machine.h"

/* Every state: five, times what the flags can be. */
static void each_state(void (*look)(const struct moim_box *before, enum moim_box_event e,
                                    const struct moim_box *after, unsigned actions))
{
    for (int state = 0; state < MOIM_BOX_STATES; state++)
        for (unsigned flags = 0; flags < 64; flags++)
            for (int e = 0; e < MOIM_BOX_EVENTS; e++) {
                struct moim_box b = {(enum moim_box_state)state,
                                     flags & 1,
                                     flags >> 1 & 1,
                                     flags >> 2 & 1,
                                     flags >> 3 & 1,
                                     flags >> 4 & 1,
                                     flags >> 5 & 1};
                if (b.muted_pause && !(b.muted && state == MOIM_BOX_PAUSED)) continue; /* cannot be reached */
                struct moim_box before = b;
                unsigned actions = moim_box_step(&b, (enum moim_box_event)e);
                look(&before, (enum moim_box_event)e, &b, actions);
            }
}

#define hold(x)                                                                                              \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            fail_msg("%s: %s in %s (muted %d disk %d hot %d battery %d) gives %s, actions %u", #x,           \
                     moim_box_event_name(e), moim_box_state_name(b->state), b->muted, b->disk_low, b->hot,   \
                     b->battery_low, moim_box_state_name(a->state), actions);                                \
    } while (0)

static void look(const struct moim_box *b, enum moim_box_event e, const struct moim_box *a, unsigned actions)
{
    hold((unsigned)a->state < MOIM_BOX_STATES);
    /* An action and the state it leads to belong together. */
    hold(!(actions & MOIM_BOX_START) || (b->state == MOIM_BOX_IDLE && a->state == MOIM_BOX_STARTING));
    hold(!(actions & MOIM_BOX_STOP) == !(a->state == MOIM_BOX_STOPPING && b->state != MOIM_BOX_STOPPING));
    hold(!(actions & MOIM_BOX_PAUSE) || a->state == MOIM_BOX_PAUSED);
    hold(!(actions & MOIM_BOX_RESUME) || (b->state == MOIM_BOX_PAUSED && a->state == MOIM_BOX_RECORDING));
    hold(!(actions & MOIM_BOX_BOOKMARK) || b->state == MOIM_BOX_RECORDING || b->state == MOIM_BOX_PAUSED);
    /* Nothing is heard while the switch mutes, and nothing begins that could not be kept. */
    hold(a->state != MOIM_BOX_RECORDING || !a->muted || b->state == MOIM_BOX_RECORDING);
    hold(!(actions & MOIM_BOX_START) || !(b->muted || b->disk_low || b->battery_low));
    hold(e != MOIM_BOX_MUTE_ON || a->state != MOIM_BOX_RECORDING);
    /* Jobs are held exactly while a reason lasts. */
    bool held = b->hot || b->battery_low, hold_now = a->hot || a->battery_low;
    hold(!(actions & MOIM_BOX_HOLD_JOBS) == !(hold_now && !held));
    hold(!(actions & MOIM_BOX_GO_ON) == !(held && !hold_now));
    /* A battery about to fail ends a recording in order. */
    hold(e != MOIM_BOX_BATTERY_LOW || (a->state != MOIM_BOX_RECORDING && a->state != MOIM_BOX_PAUSED));
    /* A press is never ignored in silence, but while an answer is on its way. */
    hold(e != MOIM_BOX_SHORT || actions || b->state == MOIM_BOX_STARTING || b->state == MOIM_BOX_STOPPING);
    hold(e != MOIM_BOX_LONG || actions);
    hold(a->muted_pause == false || (a->muted && a->state == MOIM_BOX_PAUSED));
    hold(e != MOIM_BOX_STOPPED || a->state == MOIM_BOX_IDLE);
    hold(e != MOIM_BOX_FAILED || (a->state == MOIM_BOX_IDLE && (actions & MOIM_BOX_REFUSE)));
    hold((unsigned)moim_box_led(a) < MOIM_LEDS);
    /* Red steady means: what you say is recorded. Nothing else may look like it. */
    hold((moim_box_led(a) == MOIM_LED_RECORDING) == (a->state == MOIM_BOX_RECORDING));
}

static void every_event_in_every_state_keeps_the_rules(void **state)
{
    (void)state;
    each_state(look);
}

static unsigned steps(struct moim_box *b, const enum moim_box_event *e, int n)
{
    unsigned last = 0;
    for (int i = 0; i < n; i++) last = moim_box_step(b, e[i]);
    return last;
}
#define STEPS(b, ...)                                                                                        \
    steps(b, (const enum moim_box_event[]){__VA_ARGS__},                                                     \
          sizeof((const enum moim_box_event[]){__VA_ARGS__}) / sizeof(enum moim_box_event))

static void a_meeting_by_the_button(void **state)
{
    (void)state;
    struct moim_box b = {0};
    assert_int_equal(STEPS(&b, MOIM_BOX_SHORT), MOIM_BOX_START);
    assert_int_equal(STEPS(&b, MOIM_BOX_STARTED), 0);
    assert_int_equal(STEPS(&b, MOIM_BOX_LONG), MOIM_BOX_BOOKMARK);
    assert_int_equal(STEPS(&b, MOIM_BOX_MUTE_ON), MOIM_BOX_PAUSE);
    assert_int_equal(STEPS(&b, MOIM_BOX_MUTE_OFF), MOIM_BOX_RESUME);
    assert_int_equal(STEPS(&b, MOIM_BOX_SHORT), MOIM_BOX_STOP);
    assert_int_equal(STEPS(&b, MOIM_BOX_STOPPED, MOIM_BOX_JOBS_BUSY), 0);
    assert_int_equal(moim_box_led(&b), MOIM_LED_WORKING);
    assert_int_equal(STEPS(&b, MOIM_BOX_HOT), MOIM_BOX_HOLD_JOBS);
    assert_int_equal(STEPS(&b, MOIM_BOX_BATTERY_LOW, MOIM_BOX_COOL), 0);
    assert_int_equal(STEPS(&b, MOIM_BOX_BATTERY_OK), MOIM_BOX_GO_ON);
}

static void what_a_person_paused_the_switch_does_not_resume(void **state)
{
    (void)state;
    struct moim_box b = {0};
    STEPS(&b, MOIM_BOX_SHORT, MOIM_BOX_STARTED, MOIM_BOX_WAS_PAUSED, MOIM_BOX_MUTE_ON);
    assert_int_equal(STEPS(&b, MOIM_BOX_MUTE_OFF), 0);
    assert_int_equal(b.state, MOIM_BOX_PAUSED);
}

static void a_switch_thrown_while_starting_mutes_from_the_start(void **state)
{
    (void)state;
    struct moim_box b = {0};
    STEPS(&b, MOIM_BOX_SHORT, MOIM_BOX_MUTE_ON);
    assert_int_equal(STEPS(&b, MOIM_BOX_STARTED), MOIM_BOX_PAUSE);
}

/* Contacts that bounce for up to 12 ms at each edge, sampled every 3 ms. */
static int press(struct moim_button *b, long long *now, int held_ms, unsigned *seed,
                 enum moim_button_press *kind)
{
    int told = 0;
    for (int phase = 0; phase < 2; phase++)
        for (int t = 0; t < (phase ? 200 : held_ms); t += 3, *now += 3) {
            *seed = *seed * 1103515245u + 12345u;
            bool closed = t < 12 && phase + (held_ms > 60) ? (*seed >> 16) & 1 : !phase;
            enum moim_button_press p = moim_button_feed(b, closed, *now);
            if (p != MOIM_BUTTON_NOTHING) {
                told++;
                *kind = p;
            }
        }
    return told;
}

static void one_press_is_told_once_however_the_contacts_bounce(void **state)
{
    (void)state;
    struct moim_button b = {0};
    long long now = 1000;
    unsigned seed = 7;
    for (int i = 0; i < 2000; i++) {
        int held = 60 + (int)(i * 7919 % 2000);
        if (held > MOIM_BUTTON_LONG_MS - 60 && held < MOIM_BUTTON_LONG_MS + 60) continue;
        enum moim_button_press kind = MOIM_BUTTON_NOTHING;
        int told = press(&b, &now, held, &seed, &kind);
        if (told != 1 || kind != (held > MOIM_BUTTON_LONG_MS ? MOIM_BUTTON_LONG : MOIM_BUTTON_SHORT))
            fail_msg("held %d ms: told %d times, kind %d", held, told, kind);
    }
}

static void a_spike_is_no_press(void **state)
{
    (void)state;
    struct moim_button b = {0};
    for (long long now = 0; now < 5000; now += 5)
        assert_int_equal(moim_button_feed(&b, now % 100 < 20, now), MOIM_BUTTON_NOTHING);
}

/* A machine that looks late still sees what was pressed, and for how long. */
static void a_press_between_two_late_looks_counts(void **state)
{
    (void)state;
    struct moim_button b = {0};
    assert_int_equal(moim_button_feed(&b, true, 1000), MOIM_BUTTON_NOTHING);
    assert_int_equal(moim_button_feed(&b, false, 1150), MOIM_BUTTON_NOTHING);
    assert_int_equal(moim_button_feed(&b, false, 1900), MOIM_BUTTON_SHORT);
    assert_int_equal(moim_button_feed(&b, true, 2000), MOIM_BUTTON_NOTHING);
    assert_int_equal(moim_button_feed(&b, false, 3000), MOIM_BUTTON_LONG);
    assert_int_equal(moim_button_feed(&b, false, 4000), MOIM_BUTTON_NOTHING);
    assert_int_equal(moim_button_feed(&b, true, 5000), MOIM_BUTTON_NOTHING);
    assert_int_equal(moim_button_feed(&b, false, 5020), MOIM_BUTTON_NOTHING); /* a spike */
    assert_int_equal(moim_button_feed(&b, false, 6000), MOIM_BUTTON_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_keeps_the_rules),
        cmocka_unit_test(a_meeting_by_the_button),
        cmocka_unit_test(what_a_person_paused_the_switch_does_not_resume),
        cmocka_unit_test(a_switch_thrown_while_starting_mutes_from_the_start),
        cmocka_unit_test(one_press_is_told_once_however_the_contacts_bounce),
        cmocka_unit_test(a_spike_is_no_press),
        cmocka_unit_test(a_press_between_two_late_looks_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
