#include "firmware/cli/cli_process.h"
#include "base/clock.h"
#include "firmware/pipeline/pace.h"

#include <stdlib.h>
#include <string.h>

#define TITLE 22 /* bytes of a title that a status line shows */

struct shown {
    struct moim_cli *cli;
    struct moim_pace pace;
    struct moim_pace_run run;
    long long id;
    char title[TITLE];
};

/* "", or ", about 3 min left". */
static void tell_left(char *out, size_t cap, double seconds)
{
    *out = 0;
    if (seconds >= 90)
        snprintf(out, cap, ", about %.0f min left", seconds / 60);
    else if (seconds >= 0)
        snprintf(out, cap, ", about %d s left", seconds < 5 ? 5 : 5 * (int)(seconds / 5 + 0.5));
}

static void progress(void *arg, const char *stage, double done)
{
    struct shown *w = arg;
    double now = moim_monotonic();
    char left[48], line[TITLE + 160];
    moim_pace_report(&w->pace, &w->run, stage, done, now);
    tell_left(left, sizeof left, moim_pace_left(&w->pace, &w->run, now));
    snprintf(line, sizeof line, "meeting %lld, %s: %s%s", w->id, w->title, stage, left);
    moim_cli_progress(w->cli, line, done);
}

int moim_cli_process(struct moim_cli *cli, struct moim_engine *e, struct moim_store *s, int64_t meeting,
                     const struct moim_process_options *o, struct moim_err *warning, struct moim_err *err)
{
    struct shown w = {.cli = cli, .id = (long long)meeting};
    struct moim_process_options own = *o;
    struct moim_meeting m;
    if (!moim_meeting_get(s, meeting, &m, NULL)) {
        snprintf(w.title, sizeof w.title, "%s", m.title);
        moim_cut_whole(w.title);
        moim_pace_begin(&w.run, m.duration, o->no_minutes || m.no_minutes ? MOIM_PACE_LINES : MOIM_PACE_ALL);
        moim_meeting_clear(&m);
    }
    moim_pace_load(&w.pace, s);
    own.progress = progress;
    own.arg = &w;
    int rc = moim_process(e, s, meeting, &own, warning, err);
    moim_cli_progress(cli, "", -1);
    if (rc) return rc;
    struct moim_err why = {0};
    if (moim_pace_end(&w.pace, &w.run, moim_monotonic()) && moim_pace_save(&w.pace, s, &why) &&
        !*warning->msg)
        *warning = why;
    return MOIM_OK;
}
