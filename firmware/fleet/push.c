/* What a box archives. The database tells what it has, so that nothing is remembered here: whatever is cut off is
 * found again by the next push. Order: sound, then words that name it; when deleting, words first. */
#include "firmware/fleet/fleet.h"
#include "firmware/library/audio_files.h"
#include "storage/fleet/document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Beside the store, a random number that tells it from every other. */
static int store_id(struct moim_store *s, char id[33], struct moim_err *err)
{
    char path[4096];
    unsigned char random[16];
    if (snprintf(path, sizeof path, "%s.fleet-id", moim_store_path(s)) >= (int)sizeof path)
        return moim_fail(err, MOIM_EINVAL, "path is too long");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return moim_fail_errno(err, "%s", path);
    ssize_t n = read(fd, id, 32);
    if (n != 32) {
        randombytes_buf(random, sizeof random);
        sodium_bin2hex(id, 33, random, sizeof random);
        n = pwrite(fd, id, 32, 0);
        if (fsync(fd)) n = -1;
    }
    id[32] = 0;
    close(fd);
    return n == 32 ? MOIM_OK : moim_fail_errno(err, "%s", path);
}

static int greet(struct moim_fleet_push *p, bool adopt, struct moim_err *err)
{
    char id[33];
    bool alone;
    PGresult *r;
    int rc = store_id(p->store, id, err);
    if (rc) return rc;
    rc = moim_pg_query(p->pg, &r, err, "SELECT fleet.hello($1, $2::boolean)", 2,
                       (const char *const[]){id, adopt ? "t" : "f"});
    if (rc) return rc;
    snprintf(p->box, sizeof p->box, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    rc = moim_pg_ask(p->pg, &alone, err, "SELECT pg_try_advisory_lock(1836017006, $1::int)", 1,
                     (const char *const[]){p->box});
    if (!rc && !alone) rc = moim_fail(err, MOIM_ESTATE, "another push of this box is running");
    return rc;
}

/* The row of a meeting in the inventory, which is in the order of numbers; -1: none. */
static int row_of(const PGresult *inventory, int64_t id)
{
    int low = 0, high = PQntuples(inventory) - 1;
    while (low <= high) {
        int at = (low + high) / 2;
        int64_t here = strtoll(PQgetvalue(inventory, at, 0), NULL, 10);
        if (here == id) return at;
        if (here < id)
            low = at + 1;
        else
            high = at - 1;
    }
    return -1;
}

int moim_fleet_put_sound(const struct moim_fleet_config *c, const char *file, const char *name,
                         char bytes[24], struct moim_err *err)
{
    unsigned char key[crypto_box_PUBLICKEYBYTES];
    char folder[256], sealed[300];
    struct stat st;
    if (!c->store.where || !c->public_key)
        return moim_fail(err, MOIM_EINVAL, "the settings name no objects or no public_key");
    int rc = moim_fleet_key_read(c->public_key, key, err);
    if (!rc) rc = moim_fleet_folder(folder, err);
    if (rc) return rc;
    snprintf(sealed, sizeof sealed, "%s/sealed", folder);
    rc = moim_fleet_seal(file, sealed, key, err);
    if (!rc && stat(sealed, &st)) rc = moim_fail_errno(err, "%s", sealed);
    if (!rc) snprintf(bytes, 24, "%lld", (long long)st.st_size);
    if (!rc) rc = moim_object_put(&c->store, name, sealed, err);
    moim_fleet_folder_remove(folder);
    return rc;
}

/* The object's name says which sound it is: the same sound has the same name, whatever was cut off. */
static int sound_name(struct moim_fleet_push *p, const struct moim_fleet_entry *e, char path[4096],
                      char name[128], struct moim_err *err)
{
    unsigned char hash[8];
    char of[600], hex[17];
    struct stat st;
    *name = 0;
    if (!*e->audio) return MOIM_OK;
    int rc = moim_audio_path(p->store, e->audio, path, 4096, err);
    if (rc) return rc;
    if (stat(path, &st)) return errno == ENOENT ? MOIM_OK : moim_fail_errno(err, "%s", path);
    snprintf(of, sizeof of, "%s %lld", e->audio, (long long)st.st_size);
    crypto_shorthash(hash, (const unsigned char *)of, strlen(of), (const unsigned char *)"moim fleet sound");
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    snprintf(name, 128, "%s/%lld-%s", p->box, (long long)e->id, hex);
    return MOIM_OK;
}

/* Meetings whose sound has been put, and whose words go together: one round trip and one commit for many. */
#define BATCH 32
#define BATCH_BYTES (8 << 20)
struct waiting {
    int64_t id;
    struct moim_fleet_text text;
    char name[128], bytes[24]; /* name: "" where no sound was put */
};
struct batch {
    struct waiting at[BATCH];
    int n;
    size_t bytes;
    int first; /* the first failure */
};

static int send_one(struct moim_fleet_push *p, const struct waiting *w, struct moim_err *err)
{
    bool better = p->config->process && !strcmp(p->config->process, "yes");
    const char *values[] = {w->text.json,
                            w->text.words,
                            w->text.digest,
                            *w->name ? w->name : NULL,
                            *w->name ? w->bytes : NULL,
                            better ? "t" : "f"};
    return moim_pg_send(
        p->pg, err, "SELECT fleet.archive($1::json, $2::text[], $3, $4, $5::bigint, $6::boolean)", 6, values);
}

static int failed(struct moim_fleet_push *p, struct batch *b, int64_t id, int rc, const char *why,
                  struct moim_err *err)
{
    p->failed++;
    if (!p->quiet) fprintf(stderr, "moim-fleet: meeting %lld: %s\n", (long long)id, why);
    if (!b->first) b->first = moim_fail(err, rc, "%s", why);
    return rc;
}

/* One that the database refuses keeps none of the others: each then goes by itself. */
static void flush(struct moim_fleet_push *p, struct batch *b, struct moim_err *err)
{
    struct moim_err why = {0};
    int rc = MOIM_OK;
    for (int i = 0; i < b->n && !rc; i++) rc = send_one(p, &b->at[i], &why);
    int end = moim_pg_sync(p->pg, rc ? NULL : &why);
    if (!rc) rc = end;
    if (!rc) p->archived += b->n;
    for (int i = 0; rc && i < b->n; i++) {
        if (b->n > 1 && PQstatus(p->pg) == CONNECTION_OK) {
            end = send_one(p, &b->at[i], &why);
            if (!end) end = moim_pg_sync(p->pg, &why);
        }
        if (end)
            failed(p, b, b->at[i].id, end, why.msg, err);
        else
            p->archived++;
    }
    for (int i = 0; i < b->n; i++) moim_fleet_text_free(&b->at[i].text);
    b->n = 0, b->bytes = 0;
}

/* Puts the meeting's sound where it is not there yet, and its words into the batch where they differ. */
static int prepare(struct moim_fleet_push *p, const struct moim_fleet_entry *e, const PGresult *inventory,
                   struct batch *b, struct moim_err *err)
{
    char path[4096], name[128];
    struct waiting *w = &b->at[b->n];
    int row = row_of(inventory, e->id);
    memset(w, 0, sizeof *w);
    w->id = e->id;
    int rc = moim_fleet_document(p->store, e->id, &w->text, err);
    if (rc) return rc;
    rc = sound_name(p, e, path, name, err);
    bool put = !rc && *name && (row < 0 || strcmp(PQgetvalue(inventory, row, 2), name));
    bool same = !rc && !put && row >= 0 && !strcmp(PQgetvalue(inventory, row, 1), w->text.digest);
    if (put) rc = moim_fleet_put_sound(p->config, path, name, w->bytes, err);
    if (put && !rc) memcpy(w->name, name, sizeof w->name);
    if (rc || same) {
        moim_fleet_text_free(&w->text);
        p->unchanged += !rc;
        return rc;
    }
    b->bytes += strlen(w->text.json) + strlen(w->text.words);
    b->n++;
    return MOIM_OK;
}

static int archive_all(struct moim_fleet_push *p, const PGresult *inventory, struct moim_err *err)
{
    struct moim_fleet_entry *list;
    int n, rc = moim_fleet_finished(p->store, &list, &n, err);
    if (rc) return rc;
    struct batch *b = calloc(1, sizeof *b);
    if (!b) rc = moim_fail(err, MOIM_ENOMEM, "out of memory");
    for (int i = 0; b && i < n && PQstatus(p->pg) == CONNECTION_OK && b->first != MOIM_EACCES; i++) {
        struct moim_err why = {0};
        int one = prepare(p, &list[i], inventory, b, &why);
        if (one) failed(p, b, list[i].id, one, why.msg, err);
        if (b->n == BATCH || b->bytes > BATCH_BYTES) flush(p, b, err);
    }
    if (b && b->n) flush(p, b, err);
    if (b) rc = b->first;
    free(b);
    moim_fleet_entries_free(list, n);
    return rc;
}

/* Numbers only grow in a store: one that never came as far as the archive is another store. */
static int check_numbers(struct moim_fleet_push *p, const PGresult *inventory, struct moim_err *err)
{
    int n = PQntuples(inventory);
    int64_t highest;
    int rc = moim_fleet_highest(p->store, &highest, err);
    if (rc || !n || strtoll(PQgetvalue(inventory, n - 1, 0), NULL, 10) <= highest) return rc;
    return moim_fail(err, MOIM_ESTATE, "%s is newer than what this box archived: register a new box for it",
                     moim_store_path(p->store));
}

static int follow_deletions(struct moim_fleet_push *p, const PGresult *inventory, struct moim_err *err)
{
    int rc = MOIM_OK;
    for (int i = 0; !rc && i < PQntuples(inventory); i++) {
        const char *id = PQgetvalue(inventory, i, 0);
        bool there;
        rc = moim_fleet_has(p->store, strtoll(id, NULL, 10), &there, err);
        if (rc || there) continue;
        rc = moim_pg_query(p->pg, NULL, err, "SELECT fleet.forget($1::bigint)", 1, &id);
        if (!rc) p->deleted++;
    }
    return rc;
}

static int remove_objects(struct moim_fleet_push *p, struct moim_err *err)
{
    PGresult *r;
    int rc = moim_pg_query(p->pg, &r, err, "SELECT * FROM fleet.objects_to_remove()", 0, NULL);
    if (rc) return rc;
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        const char *name = PQgetvalue(r, i, 0);
        rc = moim_object_remove(&p->config->store, name, err);
        if (!rc) rc = moim_pg_query(p->pg, NULL, err, "SELECT fleet.object_removed($1)", 1, &name);
    }
    PQclear(r);
    return rc;
}

int moim_fleet_push(struct moim_fleet_push *p, bool adopt, struct moim_err *err)
{
    PGresult *inventory = NULL;
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    int rc = greet(p, adopt, err), sound = MOIM_OK;
    if (!rc)
        rc = moim_pg_query(p->pg, &inventory, err, "SELECT * FROM fleet.inventory() ORDER BY 1", 0, NULL);
    if (!rc) rc = check_numbers(p, inventory, err);
    if (!rc) rc = follow_deletions(p, inventory, err);
    if (!rc) rc = moim_fleet_pull(p, err);
    if (!rc) rc = archive_all(p, inventory, err);
    PQclear(inventory);
    /* An archive that fails keeps nothing from being deleted. */
    if (*p->box && PQstatus(p->pg) == CONNECTION_OK) sound = remove_objects(p, rc ? NULL : err);
    return rc ? rc : sound;
}
