/* Any bytes as a grammar's pattern, and then as text for it: what is accepted to its end parses as JSON when
 * the pattern is one of ours. The rest goes through the template reader, the cues and the dates. */
#include "summarize/cues.h"
#include "summarize/dates.h"
#include "summarize/grammar.h"
#include "summarize/ko/endings.h"
#include "summarize/template.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_ours(const uint8_t *data, size_t size)
{
    static const char *const who[] = {"Ann", "김"};
    struct moim_err err;
    struct moim_grammar *g;
    struct moim_grammar_state s;
    char text[4096];
    size_t n = 0;
    if (moim_grammar_new(&g, "{\"topic\":%s30,\"points\":%[1-3 {\"tag\":%e,\"text\":%s90}%]}", 1, who, 2,
                         &err))
        return;
    moim_grammar_start(g, &s);
    for (size_t i = 0; i < size && !moim_grammar_done(g, &s) && n + 1 < sizeof text; i++) {
        n += moim_grammar_forced(g, &s, text + n, sizeof text - 1 - n);
        if (moim_grammar_done(g, &s) || n + 1 >= sizeof text) break;
        char b = (char)data[i];
        if (moim_grammar_try(g, &s, &b, 1)) text[n++] = b;
    }
    text[n] = 0;
    if (moim_grammar_done(g, &s)) {
        cJSON *o = cJSON_Parse(text);
        if (!o) abort();
        cJSON_Delete(o);
    }
    moim_grammar_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct moim_err err;
    struct moim_grammar *g;
    char *text = malloc(size + 1), note[MOIM_NOTE_MAX];
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    on_ours(data, size);
    if (!moim_grammar_new(&g, text, 9, NULL, 0, &err)) {
        struct moim_grammar_state s;
        char out[64];
        moim_grammar_start(g, &s);
        moim_grammar_forced(g, &s, out, sizeof out);
        moim_grammar_try(g, &s, text, size);
        moim_grammar_free(g);
    }
    struct moim_template t;
    moim_template_parse(&t, text, &err);
    moim_cue_ko(text);
    moim_cue_en(text);
    struct moim_date d;
    size_t from, to;
    if (moim_date_find(text, (struct moim_date){2026, 11, 24}, &d, &from, &to) &&
        (from > to || to > strlen(text)))
        abort();
    void (*const how[])(char *) = {moim_ko_task, moim_ko_decision, moim_ko_nominal};
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(text) < sizeof note ? strlen(text) : sizeof note - 1;
        memcpy(note, text, n);
        note[n] = 0;
        how[i](note);
    }
    free(text);
    return 0;
}
