#include "audio/echo_lane.h"
#include "audio/echo.h"

#include <stdlib.h>
#include <string.h>

struct moim_echo_lane {
    struct moim_lane *lane; /* of the far side */
    struct moim_echo *echo;
    float near[MOIM_ECHO_CHUNK], far[MOIM_ECHO_CHUNK + MOIM_ECHO_AHEAD];
    size_t have, at; /* of near, cleaned */
    size_t ahead;    /* of far, already read for the next chunk */
};

int moim_echo_lane_open(struct moim_echo_lane **out, const struct moim_sound *s, const struct moim_part *far,
                        struct moim_err *err)
{
    struct moim_echo_lane *e = *out = calloc(1, sizeof *e);
    int rc = e ? moim_echo_new(&e->echo, err) : moim_fail(err, MOIM_ENOMEM, "%s: out of memory", s->path);
    if (!rc) rc = moim_lane_open(&e->lane, s, far->track, far->channel, NULL, err);
    if (!rc) return MOIM_OK;
    moim_echo_lane_close(e);
    *out = NULL;
    return rc;
}

void moim_echo_lane_close(struct moim_echo_lane *e)
{
    if (!e) return;
    moim_lane_close(e->lane);
    moim_echo_free(e->echo);
    free(e);
}

static int next_chunk(struct moim_echo_lane *e, struct moim_lane *near, struct moim_err *err)
{
    const size_t room = MOIM_ECHO_CHUNK + MOIM_ECHO_AHEAD;
    long got = moim_lane_read(near, e->near, MOIM_ECHO_CHUNK, err),
         far = got < 0 ? got : moim_lane_read(e->lane, e->far + e->ahead, room - e->ahead, err);
    if (far < 0) return (int)far;
    memset(e->far + e->ahead + far, 0, (room - e->ahead - (size_t)far) * sizeof *e->far);
    e->have = (size_t)got;
    e->at = 0;
    if (got) moim_echo_remove(e->echo, e->near, e->far, e->have);
    memmove(e->far, e->far + MOIM_ECHO_CHUNK, MOIM_ECHO_AHEAD * sizeof *e->far);
    e->ahead = MOIM_ECHO_AHEAD;
    return MOIM_OK;
}

long moim_echo_lane_read(struct moim_echo_lane *e, struct moim_lane *near, float *pcm, size_t n,
                         struct moim_err *err)
{
    size_t done = 0;
    while (done < n) {
        int rc = e->at == e->have ? next_chunk(e, near, err) : MOIM_OK;
        if (rc) return rc;
        if (!e->have) break;
        size_t take = n - done < e->have - e->at ? n - done : e->have - e->at;
        memcpy(pcm + done, e->near + e->at, take * sizeof *pcm);
        e->at += take;
        done += take;
    }
    return (long)done;
}
