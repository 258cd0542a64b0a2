/* Any bytes in the place of what the reader of answers keeps of a meeting: a store from elsewhere may hold them. */
#include "summarize/turn_reading.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct moim_err err;
    struct moim_reading r;
    static volatile int sum;
    uint8_t *copy = malloc(size + 1);
    if (!copy) return 0;
    memcpy(copy, data, size);
    if (moim_reading_open(&r, copy, size, &err)) return 0;
    for (int t = 0; t < r.n_turns; t++) {
        float mean[MOIM_READING_MEAN];
        const int8_t *place;
        int n = moim_reading_tokens(&r, t, &place);
        for (int i = 0; i < n * MOIM_READING_PLACE; i++) sum += place[i];
        moim_reading_mean(&r, t, mean);
    }
    moim_reading_free(&r);
    return 0;
}
