#include "summarize/turn_reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VERSION                                                                                              \
    1 /* another one, too, when the weights of the reader change: readings by others cannot be compared */
#define HEADER (4 + 4 + MOIM_READING_DIGEST + 4)
#define TURN (4 + MOIM_READING_MEAN + 1) /* bytes before a turn's tokens */
#define MOST_TURNS (1 << 20)

static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_word(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(x >> 8 * i);
}

static int tokens_of(const uint8_t *turn)
{
    return turn[TURN - 1];
}

/* Where each turn begins; false when the bytes end elsewhere than the last one does. */
static bool find_turns(struct moim_reading *r)
{
    size_t at = HEADER;
    for (int t = 0; t < r->n_turns; t++) {
        if (r->size - at < TURN) return false;
        r->at[t] = at;
        size_t n = TURN + (size_t)tokens_of(r->bytes + at) * MOIM_READING_PLACE;
        if (r->size - at < n) return false;
        at += n;
    }
    return at == r->size;
}

int moim_reading_open(struct moim_reading *out, uint8_t *bytes, size_t size, struct moim_err *err)
{
    *out = (struct moim_reading){.bytes = bytes, .size = size};
    bool sane = size >= HEADER && !memcmp(bytes, "MRDG", 4) && word_at(bytes + 4) == VERSION &&
                word_at(bytes + HEADER - 4) <= MOST_TURNS &&
                word_at(bytes + HEADER - 4) <= (size - HEADER) / TURN;
    if (sane) out->n_turns = (int)word_at(bytes + HEADER - 4);
    out->at = sane ? calloc((size_t)out->n_turns + 1, sizeof *out->at) : NULL;
    int rc = MOIM_OK;
    if (sane && !out->at) rc = moim_fail(err, MOIM_ENOMEM, "reader: out of memory");
    if (!rc && (!sane || !find_turns(out))) rc = moim_fail(err, MOIM_EFORMAT, "reader: a damaged reading");
    if (rc) moim_reading_free(out);
    return rc;
}

void moim_reading_free(struct moim_reading *r)
{
    free(r->bytes);
    free(r->at);
    *r = (struct moim_reading){0};
}

bool moim_reading_is_of(const struct moim_reading *r, const uint8_t digest[MOIM_READING_DIGEST])
{
    return r->bytes && !memcmp(r->bytes + 8, digest, MOIM_READING_DIGEST);
}

int moim_reading_new(struct moim_reading *out, int n, int tokens, const uint8_t digest[MOIM_READING_DIGEST],
                     struct moim_err *err)
{
    size_t most = HEADER + (size_t)n * TURN + (size_t)tokens * MOIM_READING_PLACE;
    *out = (struct moim_reading){.bytes = malloc(most), .at = calloc((size_t)n + 1, sizeof *out->at)};
    if (!out->bytes || !out->at) {
        moim_reading_free(out);
        return moim_fail(err, MOIM_ENOMEM, "reader: out of memory");
    }
    memcpy(out->bytes, "MRDG", 4);
    put_word(out->bytes + 4, VERSION);
    memcpy(out->bytes + 8, digest, MOIM_READING_DIGEST);
    put_word(out->bytes + HEADER - 4, 0);
    out->size = HEADER;
    return MOIM_OK;
}

static int8_t rounded(float x)
{
    return (int8_t)lrintf(fminf(127, fmaxf(-127, x)));
}

void moim_reading_add(struct moim_reading *r, const float *place, int tokens, const float *mean)
{
    uint8_t *p = r->bytes + r->size;
    float most = 1e-12F;
    for (int i = 0; i < MOIM_READING_MEAN; i++) most = fmaxf(most, fabsf(mean[i]));
    float scale = most / 127;
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    put_word(p, bits);
    for (int i = 0; i < MOIM_READING_MEAN; i++) p[4 + i] = (uint8_t)rounded(mean[i] / scale);
    p[TURN - 1] = (uint8_t)tokens;
    for (int i = 0; i < tokens * MOIM_READING_PLACE; i++) p[TURN + i] = (uint8_t)rounded(place[i] * 127);
    r->at[r->n_turns++] = r->size;
    r->size += TURN + (size_t)tokens * MOIM_READING_PLACE;
    put_word(r->bytes + HEADER - 4, (uint32_t)r->n_turns);
}

int moim_reading_tokens(const struct moim_reading *r, int turn, const int8_t **place)
{
    const uint8_t *p = r->bytes + r->at[turn];
    *place = (const int8_t *)p + TURN;
    return tokens_of(p);
}

void moim_reading_mean(const struct moim_reading *r, int turn, float mean[MOIM_READING_MEAN])
{
    const uint8_t *p = r->bytes + r->at[turn];
    uint32_t bits = word_at(p);
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    for (int i = 0; i < MOIM_READING_MEAN; i++) mean[i] = scale * (float)(int8_t)p[4 + i];
}
