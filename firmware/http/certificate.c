#include "firmware/http/certificate.h"
#include "firmware/http/private_file.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY "tls-key.pem"
#define CERT "tls-cert.pem"
#define DAYS 800             /* browsers distrust what is good for more than 825 */
#define LEFT_DAYS 30         /* then it is made anew */
#define FIRST_DAY 1767225600 /* 1 January 2026: a machine whose clock was never set is not before it */
#define DAY 86400

struct pair {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
};

static int tls_fail(struct moim_err *err, int why, const char *what)
{
    return moim_fail(err, why == GNUTLS_E_MEMORY_ERROR ? MOIM_ENOMEM : MOIM_EFORMAT, "%s: %s", what,
                     gnutls_strerror(why));
}

static int begin(struct pair *p, struct moim_err *err)
{
    *p = (struct pair){0};
    int why = gnutls_x509_privkey_init(&p->key);
    if (!why) why = gnutls_x509_crt_init(&p->cert);
    return why ? tls_fail(err, why, "certificate") : MOIM_OK;
}

static void end(struct pair *p)
{
    if (p->key) gnutls_x509_privkey_deinit(p->key);
    if (p->cert) gnutls_x509_crt_deinit(p->cert);
}

/* ---- reading ---- */

/* A PEM file into key or cert, whichever is not NULL; MOIM_ENOENT when there is none. */
static int read_pem(const char *dir, const char *leaf, gnutls_x509_privkey_t key, gnutls_x509_crt_t cert,
                    struct moim_err *err)
{
    char path[4200];
    gnutls_datum_t text;
    int rc = moim_private_path(dir, leaf, path, err);
    if (rc) return rc;
    if (access(path, R_OK)) return moim_fail_errno(err, "%s", path);
    int why = gnutls_load_file(path, &text);
    if (why) return tls_fail(err, why, path);
    why = key ? gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN)
              : gnutls_x509_crt_import(cert, &text, GNUTLS_X509_FMT_PEM);
    gnutls_memset(text.data, 0, text.size);
    gnutls_free(text.data);
    return why ? tls_fail(err, why, path) : MOIM_OK;
}

static int fingerprint_of(gnutls_x509_crt_t cert, char out[MOIM_FINGERPRINT], struct moim_err *err)
{
    unsigned char sum[32];
    size_t n = sizeof sum;
    int why = gnutls_x509_crt_get_fingerprint(cert, GNUTLS_DIG_SHA256, sum, &n);
    if (why) return tls_fail(err, why, "certificate");
    for (size_t i = 0; i < n; i++) sprintf(out + 3 * i, i + 1 < n ? "%02X:" : "%02X", sum[i]);
    return MOIM_OK;
}

static bool belong_together(const struct pair *p)
{
    unsigned char a[64], b[64];
    size_t n = sizeof a, m = sizeof b;
    return !gnutls_x509_privkey_get_key_id(p->key, GNUTLS_KEYID_USE_SHA256, a, &n) &&
           !gnutls_x509_crt_get_key_id(p->cert, GNUTLS_KEYID_USE_SHA256, b, &m) && n == m && !memcmp(a, b, n);
}

/* Made here, and over or nearly so. One that somebody else signed is that person's to renew. */
static bool is_old(const struct pair *p)
{
    return gnutls_x509_crt_check_issuer(p->cert, p->cert) &&
           gnutls_x509_crt_get_expiration_time(p->cert) < time(NULL) + LEFT_DAYS * DAY;
}

/* ---- making ---- */

static int add_name(gnutls_x509_crt_t cert, const char *name, size_t n)
{
    return n ? gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, name, (unsigned)n,
                                                    GNUTLS_FSAN_APPEND)
             : 0;
}

/* The names and addresses by which the recorder may be called now. */
static int add_names(gnutls_x509_crt_t cert, const char *names)
{
    char host[256] = "", local[264];
    struct ifaddrs *list = NULL;
    gethostname(host, sizeof host - 1);
    snprintf(local, sizeof local, "%s.local", host);
    int why = add_name(cert, "localhost", 9);
    if (!why) why = add_name(cert, host, strlen(host));
    if (!why) why = add_name(cert, local, strlen(local));
    for (const char *p = names ? names : ""; !why && *p;) {
        size_t n = strcspn(p, " ");
        why = add_name(cert, p, n);
        p += n + (p[n] == ' ');
    }
    if (getifaddrs(&list)) list = NULL;
    for (const struct ifaddrs *a = list; !why && a; a = a->ifa_next) {
        if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET) continue;
        const struct sockaddr_in *in = (const void *)a->ifa_addr;
        why = gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, &in->sin_addr,
                                                   sizeof in->sin_addr, GNUTLS_FSAN_APPEND);
    }
    freeifaddrs(list);
    return why;
}

static int sign(struct pair *p, const char *names)
{
    unsigned char serial[16];
    char host[300] = "moim ";
    time_t now = time(NULL) < FIRST_DAY ? FIRST_DAY : time(NULL);
    gethostname(host + 5, sizeof host - 6);
    int why = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 1); /* positive, and no leading zero */
    if (!why) why = gnutls_x509_crt_set_version(p->cert, 3);
    if (!why) why = gnutls_x509_crt_set_serial(p->cert, serial, sizeof serial);
    if (!why) why = gnutls_x509_crt_set_activation_time(p->cert, now - DAY);
    if (!why) why = gnutls_x509_crt_set_expiration_time(p->cert, now + (DAYS - 1) * DAY);
    if (!why)
        why = gnutls_x509_crt_set_dn_by_oid(p->cert, GNUTLS_OID_X520_COMMON_NAME, 0, host,
                                            (unsigned)strnlen(host, 64)); /* X.520's upper bound */
    if (!why) why = add_names(p->cert, names);
    if (!why) why = gnutls_x509_crt_set_basic_constraints(p->cert, 0, -1);
    if (!why) why = gnutls_x509_crt_set_key_usage(p->cert, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (!why) why = gnutls_x509_crt_set_key_purpose_oid(p->cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (!why) why = gnutls_x509_crt_set_key(p->cert, p->key);
    return why ? why : gnutls_x509_crt_sign2(p->cert, p->cert, p->key, GNUTLS_DIG_SHA256, 0);
}

static int write_pem(const char *dir, const char *leaf, const gnutls_datum_t *text, struct moim_err *err)
{
    char path[4200];
    int rc = moim_private_path(dir, leaf, path, err);
    return rc ? rc : moim_private_write(path, (const char *)text->data, err);
}

static int export_key(const struct pair *p, gnutls_datum_t *text)
{
    return gnutls_x509_privkey_export2_pkcs8(p->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, text);
}

/* fresh: the key too; a crash between the two files leaves a key, which the next start makes a certificate for. */
static int make(struct pair *p, const char *dir, const char *names, bool fresh, struct moim_err *err)
{
    gnutls_datum_t text;
    int rc = MOIM_OK, why = 0;
    if (fresh) {
        why = gnutls_x509_privkey_generate(p->key, GNUTLS_PK_ECDSA,
                                           GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
        if (!why) why = export_key(p, &text);
        if (why) return tls_fail(err, why, "certificate");
        rc = write_pem(dir, KEY, &text, err);
        gnutls_memset(text.data, 0, text.size);
        gnutls_free(text.data);
    }
    if (rc) return rc;
    gnutls_x509_crt_deinit(p->cert); /* an old one's names do not stay */
    p->cert = NULL;
    why = gnutls_x509_crt_init(&p->cert);
    if (!why) why = sign(p, names);
    if (!why) why = gnutls_x509_crt_export2(p->cert, GNUTLS_X509_FMT_PEM, &text);
    if (why) return tls_fail(err, why, "certificate");
    rc = write_pem(dir, CERT, &text, err);
    gnutls_free(text.data);
    return rc;
}

/* ---- both ---- */

static int find_or_make(struct pair *p, const char *dir, const char *names, struct moim_err *err)
{
    int rc = read_pem(dir, KEY, p->key, NULL, err);
    if (rc == MOIM_ENOENT) return make(p, dir, names, true, err);
    if (!rc) rc = read_pem(dir, CERT, NULL, p->cert, err);
    if (rc == MOIM_ENOENT) return make(p, dir, names, false, err);
    if (!rc && !belong_together(p))
        rc =
            moim_fail(err, MOIM_EFORMAT,
                      "%s" CERT ": is not the certificate of " KEY "; remove it, and a new one is made", dir);
    return !rc && is_old(p) ? make(p, dir, names, false, err) : rc;
}

static char *copy_pem(gnutls_datum_t *text)
{
    char *copy = strndup((const char *)text->data, text->size);
    gnutls_memset(text->data, 0, text->size);
    gnutls_free(text->data);
    return copy;
}

static int hand_out(struct moim_certificate *c, const struct pair *p, struct moim_err *err)
{
    gnutls_datum_t text;
    int why = export_key(p, &text);
    if (!why) c->key = copy_pem(&text);
    if (!why) why = gnutls_x509_crt_export2(p->cert, GNUTLS_X509_FMT_PEM, &text);
    if (!why) c->cert = copy_pem(&text);
    if (why) return tls_fail(err, why, "certificate");
    if (!c->key || !c->cert) return moim_fail(err, MOIM_ENOMEM, "out of memory");
    return fingerprint_of(p->cert, c->fingerprint, err);
}

int moim_certificate_open(struct moim_certificate *c, const char *dir, const char *names,
                          struct moim_err *err)
{
    struct pair p;
    *c = (struct moim_certificate){0};
    int rc = begin(&p, err);
    if (!rc) rc = find_or_make(&p, dir, names, err);
    if (!rc) rc = hand_out(c, &p, err);
    end(&p);
    if (rc) moim_certificate_clear(c);
    return rc;
}

void moim_certificate_clear(struct moim_certificate *c)
{
    if (c->key) gnutls_memset(c->key, 0, strlen(c->key));
    free(c->key);
    free(c->cert);
    *c = (struct moim_certificate){0};
}

int moim_certificate_fingerprint(const char *dir, char out[MOIM_FINGERPRINT], struct moim_err *err)
{
    struct pair p;
    int rc = begin(&p, err);
    if (!rc) rc = read_pem(dir, CERT, NULL, p.cert, err);
    if (!rc) rc = fingerprint_of(p.cert, out, err);
    end(&p);
    return rc;
}
