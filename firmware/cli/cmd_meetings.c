/* Looking at what is in the store: list, show, minutes. */
#include "base/json.h"
#include "firmware/cli/commands.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/recover.h"
#include "firmware/library/removal.h"
#include "firmware/pipeline/process.h"
#include "storage/export.h"
#include "summarize/languages.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Opens the store and loads the meeting that the only argument names. */
static int open_one(struct moim_cli *cli, const char *arg, struct moim_store **s, struct moim_whole *w)
{
    long long id;
    int rc = moim_cli_id(cli, arg, &id);
    if (!rc) rc = moim_store_open(s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_whole_load(*s, id, w, &cli->err);
    if (rc) moim_store_close(*s);
    return rc;
}

void moim_offer_repair(const struct moim_cli *cli, struct moim_store *s)
{
    int n = cli->quiet ? 0 : moim_unfinished(s);
    if (n)
        fprintf(stderr, "moim: %d meeting%s no transcript yet; go on with: moim doctor --repair\n", n,
                n > 1 ? "s have" : " has");
}

static int run_list(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 0, 0);
    if (n < 0) return n;
    struct moim_store *s;
    struct moim_meeting *list;
    int rc = moim_store_open(&s, cli->db, &cli->err);
    if (rc) return rc;
    rc = moim_meeting_list(s, &list, &n, &cli->err);
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; !rc && i < n; i++) {
        if (list[i].trashed_at) continue;
        if (cli->json) {
            moim_json_append(all, moim_meeting_json(&list[i]));
            continue;
        }
        char when[32], length[32];
        time_t t = (time_t)list[i].started_at;
        struct tm tm;
        strftime(when, sizeof when, "%Y-%m-%d %H:%M", localtime_r(&t, &tm));
        moim_clock(length, sizeof length, list[i].duration);
        printf("%4lld  %s  %8s  %-2s  %-11s  %s\n", (long long)list[i].id, when, length, list[i].language,
               moim_state_name(list[i].state), list[i].title);
    }
    if (!rc) {
        moim_meeting_list_free(list, n);
        if (cli->json) rc = moim_print_json(cli, all);
        moim_offer_repair(cli, s);
    } else {
        cJSON_Delete(all);
    }
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_list = {"list", "", "list the meetings, newest first", NULL, run_list};

static int run_show(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 1, 1);
    if (n < 0) return n;
    struct moim_store *s;
    struct moim_whole w;
    int rc = open_one(cli, argv[0], &s, &w);
    if (rc) return rc;
    w.doc.lines_only = true;
    if (moim_meeting_draft(&w.meeting, w.doc.n_segments) && !cli->quiet)
        fprintf(stderr, "moim: a draft, from the live captions; the transcript follows (see: moim doctor)\n");
    rc = moim_export(stdout, cli->json ? MOIM_JSON : MOIM_TXT, &w.doc, &cli->err);
    moim_whole_free(&w);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_show = {"show", "ID", "print a meeting's transcript", NULL, run_show};

/* lang: of the headings. */
static void print_minutes(const struct moim_whole *w, const char *lang)
{
    for (int i = 0; i < w->doc.n_items; i++)
        if (!strcmp(w->items[i].kind, "title")) printf("%s\n", w->items[i].text);
    for (int k = 0; moim_kinds[k]; k++) {
        bool any = false;
        for (int i = 0; i < w->doc.n_items; i++) {
            const struct moim_item *it = &w->items[i];
            if (strcmp(it->kind, moim_kinds[k])) continue;
            if (!any) printf("\n%s\n", moim_kind_heading(it->kind, lang));
            any = true;
            char at[32];
            moim_clock(at, sizeof at, it->start);
            const char *due = *it->due_date ? it->due_date : it->due_text;
            printf("  - %s%s%s%s%s  [%s]\n", it->owner, *it->owner ? ": " : "", it->text, *due ? " — " : "",
                   due, at);
        }
    }
}

static int list_versions(struct moim_cli *cli, struct moim_store *s, int64_t id)
{
    struct moim_minutes_version *list;
    int n, rc = moim_minutes_versions(s, id, &list, &n, &cli->err);
    if (rc) return rc;
    cJSON *all = cli->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n; i++) {
        char when[32];
        time_t t = (time_t)list[i].created_at;
        struct tm tm;
        strftime(when, sizeof when, "%Y-%m-%d %H:%M", localtime_r(&t, &tm));
        if (!cli->json) {
            printf("%3d%c %s  %-14s %s\n", list[i].number, list[i].current ? '*' : ' ', when,
                   list[i].template_name, list[i].model);
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "version", list[i].number);
        cJSON_AddBoolToObject(o, "current", list[i].current);
        cJSON_AddStringToObject(o, "template", list[i].template_name);
        cJSON_AddStringToObject(o, "model", list[i].model);
        cJSON_AddNumberToObject(o, "created_at", (double)list[i].created_at);
        moim_json_append(all, o);
    }
    moim_minutes_versions_free(list, n);
    return cli->json ? moim_print_json(cli, all) : MOIM_OK;
}

/* Puts an older version in the place of the current one, to be printed. */
static int take_version(struct moim_cli *cli, struct moim_store *s, struct moim_whole *w, int number)
{
    struct moim_item *items;
    int n, rc = moim_minutes_get_version(s, w->meeting.id, number, &items, &n, &cli->err);
    if (rc) return rc;
    moim_items_free(w->items, w->doc.n_items);
    w->doc.items = w->items = items;
    w->doc.n_items = n;
    return MOIM_OK;
}

static void show_progress(void *arg, double done)
{
    moim_cli_progress(arg, "writing minutes", done);
}

/* Writes a meeting's minutes again. model, template_name and lang may be NULL. */
static int redo_minutes(struct moim_cli *cli, struct moim_store *s, long long id, const char *model,
                        const char *template_name, const char *lang)
{
    struct moim_engine *e;
    struct moim_meeting m;
    struct moim_meeting_lock lock;
    int rc = moim_meeting_lock(s, id, &lock, &m, &cli->err);
    if (rc) return rc;
    rc = moim_engine_new(&e, cli->threads, &cli->err);
    if (!rc) {
        rc = moim_write_minutes(e, s, &m, model, template_name, lang, show_progress, cli, &cli->err);
        moim_cli_progress(cli, "", -1);
        moim_engine_free(e);
    }
    moim_meeting_unlock(&lock);
    moim_meeting_clear(&m);
    return rc;
}

static int run_minutes(struct moim_cli *cli, int argc, char **argv)
{
    bool redo = false, versions = false;
    int version = 0;
    const char *model = NULL, *template = NULL, *lang = NULL;
    struct moim_opt opts[] = {
        {"redo", MOIM_OPT_FLAG, NULL, "write them again; the old version is kept", &redo},
        {"minutes-model", MOIM_OPT_STR, "NAME",
         "with --redo: the model that writes them, or none: cues and quotations alone", &model},
        {"versions", MOIM_OPT_FLAG, NULL, "list the versions there are", &versions},
        {"version", MOIM_OPT_INT, "N", "print an older version", &version},
        {"template", MOIM_OPT_STR, "NAME",
         "with --redo: plain, weekly, one-on-one, interview, lecture, brainstorming, or a file", &template},
        {"minutes-lang", MOIM_OPT_STR, MOIM_LANGUAGE_CODES,
         "headings, and with --redo labels and sentences; what was said stays (default: as spoken)", &lang},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 1, 1);
    if (n < 0) return n;
    struct moim_store *s;
    struct moim_whole w;
    int rc = open_one(cli, argv[0], &s, &w);
    if (rc) return rc;
    if (redo) {
        int64_t id = w.meeting.id;
        moim_whole_free(&w);
        rc = redo_minutes(cli, s, id, model, template, lang);
        if (!rc) rc = moim_whole_load(s, id, &w, &cli->err);
        if (rc) {
            moim_store_close(s);
            return rc;
        }
    }
    if (version || versions) {
        rc = versions ? list_versions(cli, s, w.meeting.id) : take_version(cli, s, &w, version);
        if (rc || versions) {
            moim_whole_free(&w);
            moim_store_close(s);
            return rc;
        }
    }
    if (cli->json)
        rc = moim_print_json(cli, moim_minutes_json(w.items, w.doc.n_items));
    else if (w.doc.n_items)
        print_minutes(&w, lang ? lang : w.meeting.language);
    else
        rc = moim_fail(&cli->err, MOIM_ENOENT,
                       "meeting %lld has no minutes yet; write them with: moim minutes %lld --redo",
                       (long long)w.meeting.id, (long long)w.meeting.id);
    moim_whole_free(&w);
    moim_store_close(s);
    return rc;
}

const struct moim_command moim_command_minutes = {
    "minutes", "ID", "print a meeting's minutes, or write them again", NULL, run_minutes};
