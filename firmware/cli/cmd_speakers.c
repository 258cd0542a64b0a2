/* moim speakers: list and edit speakers. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/library/removal.h"
#include "firmware/library/voiceprint_store.h"
#include "firmware/pipeline/diarize_stage.h"
#include "storage/export.h"
#include "storage/speakers.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct share {
    int number;
    char own[MOIM_LABEL];
    const char *label;
    double seconds;
    const struct moim_segment *sample; /* the longest segment */
    int segments;
    char offer[MOIM_VOICE_NAME + 1];
    double similarity;
};

/* Fills out, which has room for one share a segment. */
static int count_shares(const struct moim_segment *list, int n, const char *lang, struct share *out)
{
    int k = 0;
    for (int i = 0; i < n; i++) {
        int j = 0;
        while (j < k && out[j].number != list[i].speaker) j++;
        if (j == k) {
            out[k++] = (struct share){.number = list[i].speaker, .sample = &list[i]};
            out[j].label = moim_speaker_label(out[j].own, &list[i], lang);
        }
        out[j].seconds += list[i].end - list[i].start;
        out[j].segments++;
        if (list[i].end - list[i].start > out[j].sample->end - out[j].sample->start) out[j].sample = &list[i];
    }
    return k;
}

static int add_offers(struct moim_store *s, int64_t id, struct share *share, int k, struct moim_err *err)
{
    struct moim_offer *offers;
    struct moim_known_voice *known;
    int n, n_known;
    int rc = moim_offers_get(s, id, &offers, &n, err);
    if (rc || !n) return rc;
    rc = moim_voices_list(s, &known, &n_known, err);
    for (int i = 0; !rc && i < n; i++)
        for (int j = 0; j < n_known; j++)
            for (int c = 0; c < k; c++)
                if (known[j].id == offers[i].voice && share[c].number == offers[i].speaker &&
                    strcmp(share[c].label, known[j].name)) {
                    memcpy(share[c].offer, known[j].name, sizeof share[c].offer);
                    share[c].similarity = offers[i].similarity;
                }
    free(offers);
    free(known);
    return rc;
}

static void print_share(const struct share *x)
{
    char time[32], from[32], to[32];
    moim_clock(time, sizeof time, x->seconds);
    moim_clock(from, sizeof from, x->sample->start);
    moim_clock(to, sizeof to, x->sample->end);
    printf("%d  %-16s %8s  [%s-%s] %.80s\n", x->number, *x->label ? x->label : "?", time, from, to,
           x->sample->text);
    if (*x->offer)
        printf("   sounds like %s (%.2f); if so: moim speakers ID name %d \"%s\"\n", x->offer, x->similarity,
               x->number, x->offer);
}

static cJSON *share_json(const struct share *x)
{
    cJSON *o = cJSON_CreateObject(), *sample = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "number", x->number);
    cJSON_AddStringToObject(o, "name", x->label);
    cJSON_AddNumberToObject(o, "seconds", x->seconds);
    cJSON_AddNumberToObject(o, "segments", x->segments);
    cJSON_AddNumberToObject(sample, "segment", (double)x->sample->id);
    cJSON_AddNumberToObject(sample, "start", x->sample->start);
    cJSON_AddNumberToObject(sample, "end", x->sample->end);
    cJSON_AddStringToObject(sample, "text", x->sample->text);
    moim_json_set(o, "sample", sample);
    if (*x->offer) {
        cJSON_AddStringToObject(o, "sounds_like", x->offer);
        cJSON_AddNumberToObject(o, "similarity", x->similarity);
    }
    return o;
}

static int show_speakers(struct moim_cli *cli, struct moim_store *s, int64_t id)
{
    struct moim_meeting m;
    struct moim_segment *list = NULL;
    struct share *share = NULL;
    int n = 0, k = 0, rc = moim_meeting_get(s, id, &m, &cli->err);
    if (rc) return rc;
    rc = moim_segments_get(s, id, &list, &n, &cli->err);
    if (!rc && !(share = calloc((size_t)n + 1, sizeof *share)))
        rc = moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    if (!rc) {
        k = count_shares(list, n, m.language, share);
        rc = add_offers(s, id, share, k, &cli->err);
    }
    cJSON *all = !rc && cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; !rc && i < k; i++)
        all ? (void)moim_json_append(all, share_json(&share[i])) : print_share(&share[i]);
    free(share);
    moim_segments_free(list, n);
    moim_meeting_clear(&m);
    return all ? moim_print_json(cli, all) : rc;
}

static void show_progress(void *arg, double done)
{
    moim_cli_progress(arg, "telling speakers apart", done);
}

/* *name: malloc'ed. */
static int name_of(struct moim_cli *cli, struct moim_store *s, int64_t id, int speaker, char **name)
{
    struct moim_segment *list;
    int n, rc = moim_segments_get(s, id, &list, &n, &cli->err);
    *name = NULL;
    for (int i = 0; !rc && i < n; i++)
        if (!*name && list[i].speaker == speaker && *list[i].speaker_name)
            *name = strdup(list[i].speaker_name);
    moim_segments_free(list, n);
    if (!rc && !*name)
        rc = moim_fail(&cli->err, MOIM_EINVAL,
                       "speaker %d has no name to remember (moim speakers %lld name %d NAME)", speaker,
                       (long long)id, speaker);
    return rc;
}

/* Operations that need audio and models. */
static int listen(struct moim_cli *cli, struct moim_store *s, int64_t id, const char *what, int number)
{
    struct moim_engine *e;
    char *name = NULL;
    float voice[MOIM_SPEAKER_DIM];
    bool remember = !strcmp(what, "remember");
    int rc = remember ? name_of(cli, s, id, number, &name) : MOIM_OK;
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    if (!rc) rc = moim_meeting_lock(s, id, &lock, &m, &cli->err);
    if (rc) {
        free(name);
        return rc;
    }
    moim_meeting_clear(&m);
    rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (rc) {
        free(name);
        moim_meeting_unlock(&lock);
        return rc;
    }
    if (remember) {
        rc = moim_voice_of(e, s, id, number, voice, &cli->err);
        if (!rc) rc = moim_voices_remember(s, name, voice, &cli->err);
    } else if (!strcmp(what, "split")) {
        int made = 0;
        rc = moim_speaker_split(e, s, id, number, &made, &cli->err);
        if (!rc) printf("%d\n", made);
    } else {
        rc = moim_diarize_meeting(e, s, id, number, show_progress, cli, &cli->err);
        moim_cli_progress(cli, "", -1);
    }
    moim_engine_free(e);
    moim_meeting_unlock(&lock);
    free(name);
    return rc;
}

static int list_voices(struct moim_cli *cli, struct moim_store *s)
{
    struct moim_known_voice *list;
    int n, rc = moim_voices_list(s, &list, &n, &cli->err);
    cJSON *all = !rc && cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; !rc && i < n; i++) {
        if (!all) {
            puts(list[i].name);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", list[i].name);
        moim_json_append(all, o);
    }
    free(list);
    return all ? moim_print_json(cli, all) : rc;
}

/* argv: segments, then the speaker. */
static int move_segments(struct moim_cli *cli, struct moim_store *s, int64_t meeting, char **argv, int n)
{
    long long number = 0;
    int64_t *list = calloc((size_t)n, sizeof *list);
    int rc =
        list ? moim_cli_id(cli, argv[n - 1], &number) : moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; !rc && i < n - 1; i++) {
        long long segment = 0;
        rc = moim_cli_id(cli, argv[i], &segment);
        list[i] = segment;
    }
    if (!rc && number > 1000)
        rc = moim_fail(&cli->err, MOIM_EINVAL, "%s: no number of a speaker", argv[n - 1]);
    if (!rc) rc = moim_segments_give(s, meeting, list, n - 1, (int)number, &cli->err);
    free(list);
    return rc;
}

static int of_meeting(struct moim_cli *cli, struct moim_store *s, int n, char **argv)
{
    long long id = 0, a = 0, b = 0;
    const char *what = n > 1 ? argv[1] : "";
    bool name = n == 4 && !strcmp(what, "name"), two = n == 4 && !strcmp(what, "merge"),
         move = n > 3 && !strcmp(what, "move"), find = (n == 2 || n == 3) && !strcmp(what, "find"),
         one = n == 3 && (!strcmp(what, "split") || !strcmp(what, "remember"));
    if (n != 1 && !name && !two && !move && !find && !one)
        return moim_fail(
            &cli->err, MOIM_EINVAL,
            "usage: moim speakers ID [name N NAME | merge N INTO | split N | move SEGMENT... N | find "
            "[COUNT] | remember N]");
    int rc = moim_cli_id(cli, argv[0], &id);
    if (!rc && move) return move_segments(cli, s, id, argv + 2, n - 2);
    if (!rc && n > 2) rc = moim_cli_id(cli, argv[2], &a);
    if (!rc && name) rc = moim_cli_text(cli, "name", argv[3]);
    if (!rc && two) rc = moim_cli_id(cli, argv[3], &b);
    if (!rc && find && a > MOIM_DIARIZE_SPEAKERS)
        rc = moim_fail(&cli->err, MOIM_EINVAL, "at most %d speakers can be distinguished",
                       MOIM_DIARIZE_SPEAKERS);
    if (rc) return rc;
    if (n == 1) return show_speakers(cli, s, id);
    if (name) return moim_speaker_rename(s, id, (int)a, argv[3], &cli->err);
    if (two) return moim_speaker_merge(s, id, (int)a, (int)b, &cli->err);
    return listen(cli, s, id, what, (int)a);
}

static int run_speakers(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 1, -1);
    if (n < 0) return n;
    struct moim_store *s;
    int rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    if (n == 1 && !strcmp(argv[0], "voices"))
        rc = list_voices(cli, s);
    else if (n == 2 && !strcmp(argv[0], "forget"))
        rc = moim_voices_forget(s, argv[1], &cli->err);
    else
        rc = of_meeting(cli, s, n, argv);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_speakers = {
    "speakers",
    "ID [name N NAME | merge N INTO | split N | move SEGMENT... N | find [COUNT] | remember N] | voices | forget NAME",
    "show who spoke how long; name, merge and part speakers; remember voices",
    "Without a word after ID: number, name, talk time, longest stretch to listen to, and what was said there. split parts\n"
    "a speaker into two, move gives segments (\"id\" in `moim show ID --json`) to another speaker, find tells the speakers\n"
    "apart again, COUNT being how many there are. remember keeps a named voice, encrypted, to be offered by name in later\n"
    "meetings and never applied by itself; voices lists what is kept, forget deletes it.",
    run_speakers};
