/* What the commands of moim-fleet share: settings, the connection, the place of sound. */
#ifndef MOIM_FIRMWARE_FLEET_FLEET_H
#define MOIM_FIRMWARE_FLEET_FLEET_H

#include "firmware/cli/cli.h"
#include "storage/fleet/box_seal.h"
#include "storage/fleet/objects.h"
#include "storage/fleet/pg.h"
#include "storage/store.h"

#define MOIM_FLEET_CONFIG "/etc/moim-fleet.conf"

/* Lines "name = value"; "#" begins a comment. Unknown names are refused. docs/fleet.md lists them. */
struct moim_fleet_config {
    char *text; /* owns all below */
    const char *database, *user, *token_file, *objects, *public_key, *secret_key, *command, *process, *bulk;
    struct moim_objects store;
    char token[256]; /* "" : none */
};
int moim_fleet_config_read(struct moim_fleet_config *c, const char *path, struct moim_err *err);
void moim_fleet_config_free(struct moim_fleet_config *c);

/* Reads the settings and connects as the user and token they name. */
int moim_fleet_open(struct moim_fleet_config *c, const char *path, PGconn **pg, struct moim_err *err);

/* A new folder of mode 0700 below $TMPDIR. */
int moim_fleet_folder(char out[256], struct moim_err *err);
void moim_fleet_folder_remove(const char *folder);

/* Both directions of a box (push.c, pull.c); *n counts meetings. stop_at_first: the first failure ends it. */
struct moim_fleet_push {
    const struct moim_fleet_config *config;
    PGconn *pg;
    struct moim_store *store;
    char box[16]; /* its number */
    bool quiet;
    int archived, unchanged, deleted, failed, taken_in;
};
int moim_fleet_push(struct moim_fleet_push *p, bool adopt, struct moim_err *err);
int moim_fleet_pull(struct moim_fleet_push *p, struct moim_err *err);

/* Seals a file and puts it under a name. */
int moim_fleet_put_sound(const struct moim_fleet_config *c, const char *file, const char *name,
                         char bytes[24], struct moim_err *err);

#define MOIM_FLEET_OPTIONS(config)                                                                           \
    {                                                                                                        \
        "config", MOIM_OPT_STR, "FILE", "settings (default: " MOIM_FLEET_CONFIG ")", config                  \
    }

/* What search and ask are limited to, in a struct moim_fleet_filter. */
#define MOIM_FLEET_FILTERS(f)                                                                                \
    {"since", MOIM_OPT_STR, "DAY", "meetings of that day (YYYY-MM-DD, UTC) and later", &(f).from},           \
        {"until", MOIM_OPT_STR, "DAY", "meetings of that day and earlier", &(f).to},                         \
        {"tag", MOIM_OPT_STR, "TAG", "meetings that carry it", &(f).tag},                                    \
        {"team", MOIM_OPT_STR, "TEAM", "meetings of this team", &(f).team},                                  \
        {"room", MOIM_OPT_STR, "BOX", "meetings of this box", &(f).room},                                    \
    {                                                                                                        \
        "person", MOIM_OPT_STR, "NAME", "what this person said", &(f).person                                 \
    }

extern const struct moim_command moim_command_migrate, moim_command_keygen, moim_command_add,
    moim_command_revoke, moim_command_push, moim_command_worker, moim_command_enqueue, moim_command_search,
    moim_command_doctor, moim_command_metrics, moim_command_retry, moim_command_index, moim_command_ask_fleet,
    moim_command_serve_fleet;

#endif
