/* Integration: handover, calendar. */
#include "base/text.h"
#include "firmware/cli/commands.h"
#include "firmware/library/calendar.h"
#include "firmware/library/handover.h"
#include "storage/store.h"

#include <stdlib.h>
#include <string.h>

static void show(const struct moim_handover *h)
{
    printf("%s\n", *h->path ? h->path : "off: there is no handover.conf");
    for (int k = 0; k < MOIM_HANDOVER_KEYS; k++)
        if (h->value[k]) printf("%-12s = %s\n", moim_handover_keys[k], h->value[k]);
}

static int run_handover(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_handover h;
    struct moim_store *s;
    long long id;
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 0, 1);
    if (n < 0) return n;
    int rc = n ? moim_cli_id(cli, argv[0], &id) : MOIM_OK;
    if (!rc) rc = moim_handover_read(&h, &cli->err);
    if (rc) return rc;
    if (!n) show(&h);
    bool any = h.value[MOIM_HANDOVER_FOLDER] || h.value[MOIM_HANDOVER_HOOK];
    if (any && !n) rc = moim_handover_check(&h, &cli->err);
    moim_handover_clear(&h);
    if (rc || !n) return rc;
    if (!any)
        return moim_fail(&cli->err, MOIM_EINVAL, "handover: handover.conf sets neither folder nor hook");
    rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_handover(s, id, &cli->err);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_handover = {
    "handover", "[ID]", "write a meeting where handover.conf says, and run its program",
    "Every meeting that is finished is handed over by itself once $XDG_CONFIG_HOME/moim/handover.conf (or\n"
    "/etc/moim/handover.conf) sets folder = DIRECTORY (with formats, name, minutes_only, clean) or hook = PROGRAM (with\n"
    "hook_seconds, hook_user). Without ID: shows what is set.",
    run_handover};

/* Adds "참석자: 가, 나" as a bookmark at the start. */
static int note_people(struct moim_store *s, const struct moim_meeting *m, const struct moim_event *e,
                       struct moim_err *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (!out) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    fputs(!strcmp(m->language, "en") ? "Attendees: " : "참석자: ", out);
    for (int i = 0; i < e->n; i++) fprintf(out, "%s%s", i ? ", " : "", e->people[i]);
    int rc = moim_stream_end(out, &text) ? moim_bookmark_add(s, m->id, 0, text, err)
                                         : moim_fail(err, MOIM_ENOMEM, "out of memory");
    free(text);
    return rc;
}

static int apply(struct moim_store *s, const struct moim_meeting *m, const struct moim_event *e,
                 struct moim_err *err)
{
    int rc = moim_store_begin(s, err);
    if (rc) return rc;
    rc = moim_meeting_set_title(s, m->id, e->title, err);
    if (!rc && e->n) rc = note_people(s, m, e, err);
    /* Adds names to the vocabulary; an e-mail address is no name. */
    for (int i = 0; !rc && i < e->n; i++)
        if (!strchr(e->people[i], '@')) rc = moim_vocab_add(s, e->people[i], "", err);
    return moim_store_end(s, rc, err);
}

static int run_calendar(struct moim_cli *cli, int argc, char **argv)
{
    struct moim_store *s;
    struct moim_meeting m;
    struct moim_event e;
    long long id;
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 2, 2);
    if (n < 0) return n;
    int rc = moim_cli_id(cli, argv[0], &id);
    if (!rc) rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_meeting_get(s, id, &m, &cli->err);
    if (!rc) {
        rc = moim_calendar_find(argv[1], m.started_at, m.duration, &e, &cli->err);
        if (!rc) {
            rc = apply(s, &m, &e, &cli->err);
            if (!rc && !cli->quiet) printf("%s, %d people\n", e.title, e.n);
            moim_event_clear(&e);
        }
        moim_meeting_clear(&m);
    }
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_calendar = {
    "calendar", "ID FILE.ics", "title and attendees of a meeting from a calendar's file",
    "Takes the event that overlaps the meeting the most. Attendees become a mark at the beginning, and words that the\n"
    "recogniser expects.",
    run_calendar};
