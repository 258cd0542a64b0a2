/* One meeting as a sealed file, out and in. */
#include "firmware/api/share.h"
#include "firmware/library/meeting_document.h"
#include "firmware/library/seal.h"
#include "firmware/library/share.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define PASSPHRASE_LEAST 8 /* characters; Argon2id does the rest */

/* The file is sent from a descriptor and has no name any more. */
static int seal_to_answer(struct moim_serve *sv, struct moim_store *s, struct moim_whole *w,
                          const char *passphrase, bool audio, struct moim_http_answer *an,
                          struct moim_err *err)
{
    char path[MOIM_SCRATCH_PATH];
    int rc = moim_scratch_file(sv, path, err);
    if (rc) return rc;
    unlink(path); /* a share is written under a name that is free */
    rc = moim_share_write(s, &w->doc, path, passphrase, audio, err);
    return moim_answer_scratch(an, path, "application/octet-stream", rc, err);
}

static void handle_share(struct moim_serve *sv, struct moim_http_request *rq, struct moim_http_answer *an)
{
    const char *passphrase = NULL;
    bool audio = false;
    struct moim_whole w;
    struct moim_err err;
    if (!moim_http_text(rq, an, "passphrase", PASSPHRASE_LEAST, 200, true, &passphrase) ||
        !moim_http_bool(rq, an, "audio", &audio))
        return;
    struct moim_store *s = moim_serve_store(sv, an);
    if (!s) return;
    int rc = moim_whole_load(s, rq->id[0], &w, &err);
    if (!rc) {
        rc = seal_to_answer(sv, s, &w, passphrase, audio, an, &err);
        if (!rc) moim_answer_attachment(an, rq->id[0], w.meeting.title, "moim");
        moim_whole_free(&w);
    }
    if (rc) moim_answer_fail(an, &err);
    moim_serve_store_back(sv, s);
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Percent-encoded: a header holds no Korean. */
static bool decode(const char *from, char out[MOIM_PASSPHRASE_MAX])
{
    size_t n = 0;
    for (; *from && n + 1 < MOIM_PASSPHRASE_MAX; from++) {
        int high = *from == '%' ? hex_of(from[1]) : -1, low = high >= 0 ? hex_of(from[2]) : -1;
        if (*from == '%' && low < 0) return false;
        out[n++] = *from == '%' ? (char)(high * 16 + low) : *from;
        if (*from == '%') from += 2;
    }
    out[n] = 0;
    return !*from && n && strlen(out) == n;
}

int moim_share_upload(struct moim_store *s, const struct moim_http_request *rq, int64_t *id,
                      struct moim_err *err)
{
    char passphrase[MOIM_PASSPHRASE_MAX];
    const char *sent = moim_http_header(rq, "X-Moim-Passphrase");
    if (!sent || !decode(sent, passphrase))
        return moim_fail_why(err, MOIM_EINVAL, "sealed", "the file is sealed: its passphrase is needed");
    int rc = moim_share_read(s, rq->upload, passphrase, id, err);
    sodium_memzero(passphrase, sizeof passphrase);
    return rc == MOIM_EACCES
               ? moim_fail_why(err, MOIM_EINVAL, "wrong_passphrase", "that is not its passphrase")
               : rc;
}

const struct moim_http_route moim_routes_share[] = {
    {"POST", "api/v1/meetings/#/share", handle_share, MOIM_ROUTE_SLOW | MOIM_ROUTE_JSON},
    {0},
};
