/* Any bytes as a meeting: a line a turn, its first letter the speaker. Minutes without a model. */
#include "summarize/minutes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const who[] = {"이민수", "김 부장", "Ann", "", "화자 1"};
    struct moim_turn_text turns[64];
    struct moim_err err;
    char *text = malloc(size + 1);
    int n = 0;
    if (!text || !size) {
        free(text);
        return 0;
    }
    memcpy(text, data, size);
    text[size] = 0;
    for (char *p = text, *next; n < 64 && *p; p = next) {
        next = p + strcspn(p, "\n");
        if (*next) *next++ = 0;
        if (*p) {
            turns[n] = (struct moim_turn_text){n * 20.0, n * 20.0 + 20, who[(uint8_t)*p % 5], p + 1};
            n++;
        }
    }
    struct moim_minutes_request req = {
        .turns = turns, .n_turns = n, .language = size & 1 ? "ko" : "en", .date = {2026, 11, 24}};
    struct moim_minutes m;
    if (!moim_minutes_write(NULL, &req, &m, &err)) {
        for (int i = 0; i < m.n; i++)
            for (int e = 0; e < m.items[i].n_evidence; e++)
                if (m.items[i].evidence[e] < 0 || m.items[i].evidence[e] >= n) abort();
        moim_minutes_free(&m);
    }
    free(text);
    return 0;
}
