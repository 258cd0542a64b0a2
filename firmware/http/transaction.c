/* Reads one request's body and sends one answer. */
#include "base/write.h"
#include "firmware/http/server_int.h"
#include "firmware/platform/event_hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void moim_exchange_free(struct moim_exchange *x)
{
    if (x->upload_fd >= 0) close(x->upload_fd);
    moim_multipart_free(x->multipart);
    moim_http_request_clear(&x->rq);
    moim_http_answer_clear(&x->an);
    free(x);
}

/* ---- the body ---- */

static int write_upload(void *arg, const char *bytes, size_t n, struct moim_err *err)
{
    struct moim_exchange *x = arg;
    struct moim_http_server *s = x->server;
    x->rq.upload_bytes += n;
    bool few_megabytes = (x->rq.upload_bytes - n) >> 22 != x->rq.upload_bytes >> 22;
    /* Checked every few megabytes: the announced length may be wrong. */
    if (few_megabytes && !s->app.has_room(s->app.arg, 0))
        return moim_fail(err, MOIM_ENOSPC, "the disk is nearly full");
    /* Flushed as it arrives: a recording's fsync must not wait for a gigabyte of an upload. */
    if (few_megabytes)
        sync_file_range(x->upload_fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
    return moim_write_all(x->upload_fd, bytes, n) ? MOIM_OK
                                                  : moim_fail_errno(err, "the upload cannot be stored");
}

static bool open_upload(struct moim_exchange *x)
{
    struct moim_err err;
    const char *type = moim_http_header(&x->rq, "Content-Type");
    if (type && !strncasecmp(type, "multipart/form-data", 19) &&
        moim_multipart_new(&x->multipart, type, (struct moim_multipart_sink){write_upload, x}, &err)) {
        moim_answer_fail(&x->an, &err);
        return false;
    }
    if (asprintf(&x->rq.upload, "%supload-XXXXXX", x->server->upload_dir) < 0) x->rq.upload = NULL;
    x->upload_fd = x->rq.upload ? mkostemp(x->rq.upload, O_CLOEXEC) : -1;
    if (x->upload_fd >= 0) return true;
    moim_answer_error(&x->an, 500, "the upload cannot be stored: %s", strerror(errno));
    free(x->rq.upload);
    x->rq.upload = NULL;
    return false;
}

bool moim_exchange_may_send(struct moim_exchange *x, uint64_t announced)
{
    struct moim_http_server *s = x->server;
    if (announced > x->body_max) {
        moim_answer_error(&x->an, 413, "the body may have at most %llu bytes",
                          (unsigned long long)x->body_max);
        return false;
    }
    if (!x->to_file) return true;
    if (!s->app.has_room(s->app.arg, announced)) {
        moim_answer_error(&x->an, 507, "not enough disk space");
        return false;
    }
    return open_upload(x);
}

static int keep_in_memory(struct moim_exchange *x, const char *data, size_t n)
{
    struct moim_http_request *rq = &x->rq;
    if (rq->n_body + n + 1 > x->body_room) {
        size_t room = x->body_room ? x->body_room : 1024;
        while (room < rq->n_body + n + 1) room *= 2;
        char *grown = realloc(rq->body, room);
        if (!grown) return moim_fail(&x->failed, MOIM_ENOMEM, "out of memory");
        rq->body = grown;
        x->body_room = room;
    }
    memcpy(rq->body + rq->n_body, data, n);
    rq->n_body += n;
    rq->body[rq->n_body] = 0;
    return MOIM_OK;
}

void moim_exchange_body(struct moim_exchange *x, const char *data, size_t n)
{
    x->body_bytes += n;
    if (x->failed.code || x->an.status || x->body_bytes > x->body_max) return;
    if (!x->to_file)
        keep_in_memory(x, data, n);
    else if (x->multipart)
        moim_multipart_push(x->multipart, data, n, &x->failed);
    else
        write_upload(x, data, n, &x->failed);
}

static void take_fields(struct moim_exchange *x)
{
    struct moim_http_request *rq = &x->rq;
    const char *name, *value;
    for (int i = 0; moim_multipart_field(x->multipart, i, &name, &value) && i < MOIM_HTTP_FIELDS; i++)
        rq->form[rq->n_form++] = (struct moim_http_field){name, value};
    const char *file = moim_multipart_filename(x->multipart);
    if (file) snprintf(rq->upload_name, sizeof rq->upload_name, "%s", file);
}

bool moim_exchange_body_end(struct moim_exchange *x)
{
    if (x->an.status) return false;
    if (x->body_bytes > x->body_max) {
        moim_answer_error(&x->an, 413, "the body may have at most %llu bytes",
                          (unsigned long long)x->body_max);
        return false;
    }
    if (!x->failed.code && x->multipart && !moim_multipart_end(x->multipart, &x->failed)) take_fields(x);
    if (x->failed.code) {
        if (x->failed.code == MOIM_EFORMAT) x->failed.code = MOIM_EINVAL;
        moim_answer_fail(&x->an, &x->failed);
        return false;
    }
    return true;
}

/* ---- the answer ---- */

static void add_headers(struct MHD_Response *r, const struct moim_http_answer *an)
{
    /* The page loads nothing from other origins and cannot be framed. */
    static const char *const always[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
         "media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
         "'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), microphone=(self), geolocation=()"},
    };
    bool cached = false;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        MHD_add_response_header(r, always[i][0], always[i][1]);
    for (int i = 0; i < an->n_headers; i++) {
        MHD_add_response_header(r, an->header[i].name, an->header[i].value);
        cached |= !strcmp(an->header[i].name, "Cache-Control");
    }
    if (!cached) MHD_add_response_header(r, "Cache-Control", "no-store");
    if (an->type) MHD_add_response_header(r, "Content-Type", an->type);
}

static void wake(void *connection)
{
    MHD_resume_connection(connection);
}
static void put_to_sleep(void *connection)
{
    MHD_suspend_connection(connection);
}
static void cut_off(void *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info) shutdown(info->connect_fd, SHUT_RDWR);
}
static ssize_t read_stream(void *client, uint64_t at, char *buf, size_t max)
{
    (void)at;
    ssize_t n = moim_event_client_read(client, buf, max);
    return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}
static void free_stream(void *client)
{
    moim_event_client_free(client);
}

static struct MHD_Response *make_response(struct moim_exchange *x)
{
    struct moim_http_answer *an = &x->an;
    struct MHD_Response *r;
    if (an->stream) {
        moim_event_client_attach(an->stream, wake, put_to_sleep, cut_off, x->mhd);
        r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, an->stream, free_stream);
        if (r) an->stream = NULL;
    } else if (an->fd >= 0) {
        r = MHD_create_response_from_fd_at_offset64(an->size, an->fd, an->offset);
        if (r) an->fd = -1;
    } else if (an->body) {
        r = MHD_create_response_from_buffer(an->n, an->body, MHD_RESPMEM_MUST_FREE);
        if (r) an->body = NULL;
    } else {
        r = MHD_create_response_from_buffer(an->fixed ? an->n : 0, (void *)(uintptr_t)an->fixed,
                                            MHD_RESPMEM_PERSISTENT);
    }
    return r;
}

enum MHD_Result moim_exchange_answer(struct moim_exchange *x)
{
    /* Before the answer, so that no upload is left once the client has it. */
    moim_http_request_drop_upload(&x->rq);
    struct MHD_Response *r = make_response(x);
    if (!r) return MHD_NO;
    add_headers(r, &x->an);
    enum MHD_Result ok = MHD_queue_response(x->mhd, (unsigned)x->an.status, r);
    MHD_destroy_response(r);
    return ok;
}
