/* The S3 protocol by libcurl, which signs too (AWS signature version 4). */
#include "storage/fleet/objects.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct request {
    const struct moim_objects *o;
    const char *method, *name, *query;
    FILE *up, *down;
};

static int hash_file(FILE *f, char hex[65], struct moim_err *err)
{
    unsigned char block[65536], sum[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state st;
    size_t n;
    crypto_hash_sha256_init(&st);
    while (f && (n = fread(block, 1, sizeof block, f)) > 0) crypto_hash_sha256_update(&st, block, n);
    if (f && ferror(f)) return moim_fail(err, MOIM_EIO, "what is to be put cannot be read");
    crypto_hash_sha256_final(&st, sum);
    sodium_bin2hex(hex, 65, sum, sizeof sum);
    if (f) rewind(f);
    return MOIM_OK;
}

/* The bucket stands in the path, as every server understands it. */
static int url_of(const struct request *q, char *url, size_t cap, struct moim_err *err)
{
    const char *bucket = q->o->where + 5;
    size_t b = strcspn(bucket, "/");
    const char *prefix = bucket[b] ? bucket + b + 1 : "";
    if (!b || !q->o->endpoint || !q->o->access_key || !q->o->secret_key)
        return moim_fail(err, MOIM_EINVAL, "%s: needs a bucket, s3_endpoint, s3_access_key and s3_secret_key",
                         q->o->where);
    if (strncmp(q->o->endpoint, "https://", 8) && strncmp(q->o->endpoint, "http://127.0.0.1:", 17))
        return moim_fail(err, MOIM_EINVAL, "s3_endpoint: %s is not https", q->o->endpoint);
    const char *parts[] = {*prefix ? "/" : "", *prefix && q->name ? prefix : "", q->name ? "/" : "",
                           q->name ? q->name : ""};
    int n = snprintf(url, cap, "%s/%.*s%s%s%s%s%s%s", q->o->endpoint, (int)b, bucket, q->name ? parts[0] : "",
                     parts[1], parts[2], parts[3], q->query ? "?" : "", q->query ? q->query : "");
    return n < (int)cap ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "%s: too long", q->o->where);
}

static void set_transfer(CURL *c, const struct request *q, const char *sign, const char *user)
{
    struct stat st;
    curl_easy_setopt(c, CURLOPT_AWS_SIGV4, sign);
    curl_easy_setopt(c, CURLOPT_USERPWD, user);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
    /* A server that stalls is left after a while. */
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 512L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 20L);
    if (q->o->ca) curl_easy_setopt(c, CURLOPT_CAINFO, q->o->ca);
    if (q->down) curl_easy_setopt(c, CURLOPT_WRITEDATA, q->down);
    if (q->up && !fstat(fileno(q->up), &st)) {
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(c, CURLOPT_READDATA, q->up);
        curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)st.st_size);
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
}

static int answer(CURL *c, CURLcode rc, const char *url, struct moim_err *err)
{
    long status = 0;
    if (rc) return moim_fail(err, MOIM_EIO, "%s: %s", url, curl_easy_strerror(rc));
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return MOIM_OK;
    int code = status == 404 ? MOIM_ENOENT : status == 403 || status == 401 ? MOIM_EACCES : MOIM_EIO;
    return moim_fail(err, code, "%s: answered %ld", url, status);
}

static int perform(CURL *c, const struct request *q, const char *url, struct moim_err *err)
{
    char sign[160], user[512], header[100], hex[65];
    int rc = hash_file(q->up, hex, err);
    if (rc) return rc;
    snprintf(sign, sizeof sign, "aws:amz:%s:s3", q->o->region ? q->o->region : "us-east-1");
    snprintf(user, sizeof user, "%s:%s", q->o->access_key, q->o->secret_key);
    snprintf(header, sizeof header, "x-amz-content-sha256: %s", hex);
    FILE *nowhere = q->down ? NULL : fopen("/dev/null", "we");
    struct request with = *q;
    if (nowhere) with.down = nowhere;
    struct curl_slist *headers = curl_slist_append(NULL, header);
    set_transfer(c, &with, sign, user);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    rc = answer(c, curl_easy_perform(c), url, err);
    curl_slist_free_all(headers);
    if (nowhere) fclose(nowhere);
    sodium_memzero(user, sizeof user);
    return rc;
}

static int ask(const struct request *q, struct moim_err *err)
{
    char url[2048];
    if (sodium_init() < 0) return moim_fail(err, MOIM_EIO, "libsodium does not start");
    int rc = url_of(q, url, sizeof url, err);
    if (!rc && q->name && !moim_object_name_ok(q->name))
        rc = moim_fail(err, MOIM_EINVAL, "%s: not a name of an object", q->name);
    if (rc) return rc;
    CURL *c = curl_easy_init();
    if (!c) return moim_fail(err, MOIM_ENOMEM, "libcurl does not start");
    rc = perform(c, q, url, err);
    curl_easy_cleanup(c);
    return rc;
}

int moim_s3_put(const struct moim_objects *o, const char *name, const char *from, struct moim_err *err)
{
    FILE *f = fopen(from, "re");
    if (!f) return moim_fail_errno(err, "%s", from);
    struct request q = {o, "PUT", name, NULL, f, NULL};
    int rc = ask(&q, err);
    fclose(f);
    return rc;
}

int moim_s3_get(const struct moim_objects *o, const char *name, const char *to, struct moim_err *err)
{
    FILE *f = fopen(to, "we");
    if (!f) return moim_fail_errno(err, "%s", to);
    struct request q = {o, "GET", name, NULL, NULL, f};
    int rc = ask(&q, err);
    if (fclose(f) && !rc) rc = moim_fail_errno(err, "%s", to);
    if (rc) unlink(to);
    return rc;
}

int moim_s3_remove(const struct moim_objects *o, const char *name, struct moim_err *err)
{
    struct request q = {o, "DELETE", name, NULL, NULL, NULL};
    int rc = ask(&q, err);
    return rc == MOIM_ENOENT ? MOIM_OK : rc;
}

/* Each <Key> below the prefix; *last: the last one, to go on after. Names that need an escape are no names of ours. */
static int keys_in(const char *xml, FILE *out, char last[512])
{
    int n = 0;
    for (const char *p = xml; (p = strstr(p, "<Key>")); n++) {
        size_t len = strcspn(p += 5, "<");
        if (len >= 512) continue;
        memcpy(last, p, len);
        last[len] = 0;
        if (moim_object_name_ok(last)) fprintf(out, "%s\n", last);
    }
    return n;
}

/* What is signed must be escaped, and in the order of names. */
static bool list_query(char *out, size_t cap, const char *prefix, const char *last)
{
    char *p = curl_easy_escape(NULL, prefix, 0), *l = curl_easy_escape(NULL, last, 0);
    int n = p && l ? snprintf(out, cap, "list-type=2&prefix=%s%s%s", p, *last ? "&start-after=" : "", l) : -1;
    curl_free(p);
    curl_free(l);
    return n >= 0 && n < (int)cap;
}

int moim_s3_list(const struct moim_objects *o, const char *prefix, char **names, struct moim_err *err)
{
    size_t size, xml_size;
    char last[512] = "", query[1200], *xml = NULL;
    int rc = MOIM_OK, more = 1;
    FILE *out = open_memstream(names, &size);
    if (!out) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    while (!rc && more) {
        if (!list_query(query, sizeof query, prefix, last)) {
            rc = moim_fail(err, MOIM_EINVAL, "%s: the prefix is too long", prefix);
            break;
        }
        FILE *body = open_memstream(&xml, &xml_size);
        struct request q = {o, "GET", NULL, query, NULL, body};
        rc = body ? ask(&q, err) : moim_fail(err, MOIM_ENOMEM, "out of memory");
        if (body) fclose(body);
        more = !rc && keys_in(xml, out, last) && strstr(xml, "<IsTruncated>true");
        free(xml);
        xml = NULL;
    }
    fclose(out);
    if (rc) free(*names), *names = NULL;
    return rc;
}
