/* moim doctor: checks the installation; --repair mends what it can. */
#include "base/directory.h"
#include "base/json.h"
#include "firmware/cli/cli_process.h"
#include "firmware/cli/commands.h"
#include "firmware/library/audio_files.h"
#include "firmware/library/handover.h"
#include "firmware/library/recordings.h"
#include "firmware/library/removal.h"
#include "firmware/pipeline/semantic_index.h"
#include "firmware/platform/paths.h"
#include "storage/passages.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct report {
    struct moim_cli *cli;
    cJSON *json;
    int bad;
};

/* One line a check: its subject, the result, and a remedy. */
static void say(struct report *r, const char *what, bool well, const char *detail)
{
    r->bad += !well;
    if (!r->json) {
        printf("%-10s %-8s %s\n", what, well ? "ok" : "PROBLEM", detail);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "check", what);
    cJSON_AddBoolToObject(o, "ok", well);
    cJSON_AddStringToObject(o, "detail", detail);
    moim_json_append(r->json, o);
}

static void check_models(struct report *r, const struct moim_models *m, bool quick)
{
    for (int i = 0; i < m->n; i++) {
        struct moim_err err = {0};
        char detail[700];
        const struct moim_model *x = &m->list[i];
        if (!strcmp(x->role, "demo")) continue;
        if (!moim_model_installed(m, x) && !x->by_default) continue;
        if (!moim_model_installed(m, x)) {
            snprintf(detail, sizeof detail, "%s is missing; get it with: moim models fetch %s", x->name,
                     x->name);
            say(r, "model", false, detail);
            continue;
        }
        int rc = quick ? MOIM_OK : moim_model_verify(m, x, &err); /* installed: its size is right */
        say(r, "model", !rc, rc ? err.msg : x->name);
    }
}

/* Whether a meeting owns this audio file now; true if the query fails. */
static bool is_owned(struct moim_store *s, const char *name)
{
    bool owned;
    return moim_meeting_owns(s, name, &owned, NULL) || owned;
}

/* Audio of an import that was interrupted before its row was written: no process holds its lock and no row
 * names it (checked under the lock). */
static bool is_orphan(struct moim_store *s, const char *path, const char *name, bool remove)
{
    int lock;
    if (strncmp(name, "import-", 7) || moim_sound_lock(path, &lock, NULL) || lock < 0) return false;
    bool orphan = !is_owned(s, name);
    bool gone = orphan && remove && !unlink(path);
    close(lock);
    return orphan && !gone;
}

static void check_orphans(struct report *r, struct moim_store *s, const char *dir, bool repair)
{
    char path[4400], detail[200];
    struct moim_names all;
    struct moim_err err;
    int orphans = 0, cut_off = 0;
    if (moim_names_read(&all, dir, &err)) {
        say(r, "audio", false, err.msg);
        return;
    }
    for (size_t i = 0; i < all.n; i++) {
        snprintf(path, sizeof path, "%s%.255s", dir, all.name[i]);
        orphans += is_orphan(s, path, all.name[i], repair);
    }
    moim_names_free(&all);
    snprintf(detail, sizeof detail,
             orphans ? "%d files of broken-off imports; remove them with: moim doctor --repair"
                     : "every file has its meeting",
             orphans);
    say(r, "audio", !orphans, detail);
    int rc = moim_removals(s, repair, &cut_off, &err);
    snprintf(detail, sizeof detail, "%d deletions were cut off; finish them with: moim doctor --repair",
             cut_off);
    if (rc || cut_off) say(r, "audio", false, rc ? err.msg : detail);
}

static void check_audio(struct report *r, struct moim_store *s, const struct moim_meeting *list, int n,
                        bool repair)
{
    char dir[4096], path[4400], detail[4500];
    if (moim_audio_path(s, "", dir, sizeof dir, NULL)) return;
    check_orphans(r, s, dir, repair);
    for (int i = 0; i < n; i++) {
        bool owned = false;
        if (!*list[i].audio) continue;
        snprintf(path, sizeof path, "%s%.255s", dir, list[i].audio);
        /* Deleted or tidied since the list was made: not missing. */
        if (!access(path, R_OK) || moim_meeting_owns(s, list[i].audio, &owned, NULL) || !owned) continue;
        snprintf(detail, sizeof detail, "%.3000s of meeting %lld is missing", path, (long long)list[i].id);
        say(r, "audio", false, detail);
    }
}

/* Recordings whose meeting was not written because of a crash. */
static void check_recordings(struct report *r, struct moim_store *s, bool repair)
{
    struct moim_err err;
    struct moim_found found;
    char detail[700];
    if (moim_recordings_find(s, repair, &found, &err)) {
        say(r, "recording", false, err.msg);
        return;
    }
    snprintf(detail, sizeof detail, "%d without a meeting; take them in with: moim doctor --repair",
             found.waiting);
    if (found.waiting) say(r, "recording", false, detail);
    snprintf(detail, sizeof detail, "audio/%s: nothing in it can be read; it is left as it is", found.name);
    if (found.unreadable) say(r, "recording", false, detail);
}

static void finish_meeting(struct report *r, struct moim_engine *e, struct moim_store *s,
                           const struct moim_meeting *m, bool repair)
{
    struct moim_err err = {0}, warning = {0};
    char detail[1200];
    if (repair && e) {
        struct moim_process_options o = {.lang = r->cli->lang};
        int rc = moim_cli_process(r->cli, e, s, m->id, &o, &warning, &err);
        snprintf(detail, sizeof detail, "meeting %lld: %s", (long long)m->id,
                 rc             ? err.msg
                 : *warning.msg ? warning.msg
                                : "finished");
        say(r, "meeting", !rc && !warning.code, detail);
        return;
    }
    snprintf(detail, sizeof detail, "meeting %lld stopped at '%s'%s%.300s; go on with: moim doctor --repair",
             (long long)m->id, moim_state_name(m->state), *m->error ? ": " : "", m->error);
    say(r, "meeting", false, detail);
}

/* A missing semantic index is no fault: search by words works. */
static void check_search(struct report *r, struct moim_engine *e, struct moim_store *s, bool repair)
{
    struct moim_err err = {0};
    char detail[700];
    int64_t *ids;
    int n = 0, left, rc = moim_unembedded(s, &ids, &n, &err);
    if (!rc) free(ids);
    if (!rc && n && e && repair && !(rc = moim_embed_waiting(e, s, 0, NULL, NULL, &left, &err))) n = left;
    if (rc == MOIM_ENOENT) rc = MOIM_OK; /* no model: check_models has said so */
    snprintf(detail, sizeof detail,
             "%d meetings are found by their words alone; index them with: moim doctor --repair", n);
    say(r, "search", !rc, rc ? err.msg : n ? detail : "every meeting is found by its meaning too");
}

static void check_store(struct report *r, struct moim_engine *e, bool repair)
{
    struct moim_store *s;
    struct moim_err err = {0};
    struct moim_meeting *list;
    int n;
    if (moim_store_open(&s, r->cli->db, &err)) {
        say(r, "store", false, err.msg);
        return;
    }
    int rc = moim_store_check(s, &err);
    say(r, "store", !rc, rc ? err.msg : r->cli->db);
    if (!rc) check_recordings(r, s, repair);
    if (!rc && !moim_meeting_list(s, &list, &n, &err)) {
        check_audio(r, s, list, n, repair);
        for (int i = 0; i < n; i++)
            if (moim_meeting_unfinished(&list[i])) finish_meeting(r, e, s, &list[i], repair);
        moim_meeting_list_free(list, n);
        check_search(r, e, s, repair);
    }
    struct statvfs fs;
    char detail[128];
    if (!statvfs(r->cli->db, &fs)) {
        double gb = (double)fs.f_bavail * (double)fs.f_frsize / 1e9;
        snprintf(detail, sizeof detail, "%.1f GB free", gb);
        say(r, "disk", gb > 0.5, detail);
    }
    moim_store_close(s);
}

/* The hand-over after a finished meeting. */
static void check_handover(struct report *r)
{
    struct moim_handover h;
    struct moim_err err = {0};
    char detail[9000] = "off";
    int rc = moim_handover_read(&h, &err);
    const char *folder = rc ? NULL : h.value[MOIM_HANDOVER_FOLDER],
               *hook = rc ? NULL : h.value[MOIM_HANDOVER_HOOK];
    if (!rc) rc = moim_handover_check(&h, &err);
    if (folder || hook)
        snprintf(detail, sizeof detail, "%s%.4000s%s%s%.4000s", folder ? "writes into " : "",
                 folder ? folder : "", folder && hook ? ", " : "", hook ? "runs the hook " : "",
                 hook ? hook : "");
    say(r, "handover", !rc, rc ? err.msg : detail);
    moim_handover_clear(&h);
}

static int run_doctor(struct moim_cli *cli, int argc, char **argv)
{
    bool repair = false, quick = false;
    struct moim_opt opts[] = {
        {"repair", MOIM_OPT_FLAG, NULL, "finish what a crash interrupted", &repair},
        {"quick", MOIM_OPT_FLAG, NULL, "look at the models' sizes only, not at every byte", &quick},
    };
    int n = moim_cli_args(cli, opts, sizeof opts / sizeof *opts, argc, argv, 0, 0);
    if (n < 0) return n;
    struct report r = {cli, cli->json ? cJSON_CreateArray() : NULL, 0};
    struct moim_engine *e = NULL;
    struct moim_err err = {0};
    if (moim_engine_new(&e, cli->threads, &err))
        say(&r, "models", false, err.msg);
    else
        check_models(&r, moim_engine_models(e), quick);
    check_store(&r, e, repair);
    check_handover(&r);
    moim_engine_free(e);
    int rc = cli->json ? moim_print_json(cli, r.json) : MOIM_OK;
    if (rc) return rc;
    return r.bad ? moim_fail(&cli->err, MOIM_EFORMAT, "doctor: %d problem%s", r.bad, r.bad > 1 ? "s" : "")
                 : MOIM_OK;
}

const struct moim_command moim_command_doctor = {
    "doctor", "", "check store, recordings and models; --repair finishes what a crash interrupted", NULL,
    run_doctor};
