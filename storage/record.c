#include "storage/record.h"
#include "base/json.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define JSON_MOST (64u << 20) /* as much as a file that is read */
#define KDF_MEMORY (8u << 20) /* bytes: a guess costs 10 ms, and a small device has them */
#define KDF_TIMES 2
#define NONCE crypto_secretbox_NONCEBYTES
#define MAC crypto_secretbox_MACBYTES
#define LENGTH 4 /* bytes before the deflated JSON: its length */

/* ---- what it holds ---- */

/* Words that stand in the text, in their order; else none. */
static int visible_words(const struct moim_segment *g, struct moim_word *out)
{
    const char *at = g->text;
    for (int i = 0; i < g->n_words; i++) {
        at = strstr(at, g->words[i].text);
        if (!at) return 0;
        at += strlen(g->words[i].text);
        out[i] = g->words[i];
        out[i].spoken = NULL;
    }
    return g->n_words;
}

static char *json_of(const struct moim_document *doc, struct moim_segment *lines, struct moim_word *words,
                     struct moim_item *items)
{
    struct moim_meeting m = *doc->meeting;
    struct moim_document shown = *doc;
    m.error = (char *)(uintptr_t) "";
    shown.meeting = &m;
    shown.segments = lines;
    shown.items = items;
    shown.n_items = 0;
    if (doc->minutes_only) shown.n_bookmarks = 0;
    for (int i = 0; i < doc->n_segments; i++) {
        lines[i] = doc->segments[i];
        lines[i].first_pass = "";
        lines[i].words = words;
        lines[i].n_words = visible_words(&doc->segments[i], words);
        words += lines[i].n_words;
    }
    for (int i = 0; i < doc->n_items; i++) {
        struct moim_item *it = &items[shown.n_items];
        *it = doc->items[i];
        if (!strcmp(it->kind, "title")) continue;
        if (*it->due_date) it->due_text = (char *)(uintptr_t) ""; /* the day is what is shown */
        shown.n_items++;
    }
    cJSON *o = moim_document_json(&shown);
    char *text = moim_json_text(o, false);
    cJSON_Delete(o);
    return text;
}

char *moim_record_json(const struct moim_document *doc)
{
    size_t n_words = 1;
    for (int i = 0; i < doc->n_segments; i++) n_words += (size_t)doc->segments[i].n_words;
    struct moim_segment *lines = calloc((size_t)doc->n_segments + 1, sizeof *lines);
    struct moim_item *items = calloc((size_t)doc->n_items + 1, sizeof *items);
    struct moim_word *words = calloc(n_words, sizeof *words);
    char *text = lines && words && items ? json_of(doc, lines, words, items) : NULL;
    free(words);
    free(items);
    free(lines);
    return text;
}

/* ---- the seal ---- */

/* The text without blanks, which programs that save a document again move about, its Hangul composed. */
static char *bare_text(const char *visible)
{
    char *own = strdup(visible), *to = own;
    if (!own) return NULL;
    moim_hangul_compose(own);
    for (const char *s = own; *s; s++) {
        if ((unsigned char)*s <= ' ') continue;
        if (s[0] == '\xc2' && s[1] == '\xa0') {
            s++;
            continue;
        }
        *to++ = *s;
    }
    *to = 0;
    return own;
}

static bool make_key(unsigned char key[crypto_secretbox_KEYBYTES], const char *visible)
{
    unsigned char hash[crypto_generichash_BYTES_MAX]; /* half of it the password, a quarter the salt */
    char *bare = sodium_init() < 0 ? NULL : bare_text(visible);
    if (!bare) return false;
    crypto_generichash(hash, sizeof hash, (const unsigned char *)bare, strlen(bare), NULL, 0);
    bool made = !crypto_pwhash(key, crypto_secretbox_KEYBYTES, (const char *)hash, sizeof hash / 2,
                               hash + sizeof hash / 2, KDF_TIMES, KDF_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
    sodium_memzero(hash, sizeof hash);
    free(bare);
    return made;
}

/* The nonce is made of what it seals: the same meeting makes the same file, and another never meets its nonce. */
static char *seal_bytes(unsigned char *plain, size_t n, const unsigned char *key)
{
    size_t n_box = NONCE + MAC + n, room = sodium_base64_encoded_len(n_box, sodium_base64_VARIANT_ORIGINAL);
    unsigned char *box = malloc(n_box);
    char *text = malloc(room);
    if (box && text) {
        crypto_generichash(box, NONCE, plain, n, key, crypto_secretbox_KEYBYTES);
        crypto_secretbox_easy(box + NONCE, plain, n, box, key);
        sodium_bin2base64(text, room, box, n_box, sodium_base64_VARIANT_ORIGINAL);
    } else {
        free(text);
        text = NULL;
    }
    free(box);
    return text;
}

char *moim_record_seal(const char *json, const char *visible)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    size_t n = strlen(json);
    uLongf packed = compressBound(n);
    if (n > JSON_MOST) return strdup("");
    if (!make_key(key, visible)) return NULL;
    unsigned char *plain = malloc(LENGTH + packed);
    char *text = NULL;
    if (plain && compress2(plain + LENGTH, &packed, (const Bytef *)json, n, 9) == Z_OK) {
        for (int i = 0; i < LENGTH; i++) plain[i] = (unsigned char)(n >> 8 * i);
        text = seal_bytes(plain, LENGTH + packed, key);
    }
    free(plain);
    sodium_memzero(key, sizeof key);
    return text;
}

char *moim_record_make(const struct moim_document *doc, const char *visible)
{
    char *json = moim_record_json(doc), *record = json ? moim_record_seal(json, visible) : NULL;
    free(json);
    return record;
}

static char *unpack(const unsigned char *plain, size_t n)
{
    uLongf length = 0;
    if (n < LENGTH) return NULL;
    for (int i = 0; i < LENGTH; i++) length |= (uLongf)plain[i] << 8 * i;
    if (length > JSON_MOST) return NULL;
    char *json = malloc(length + 1);
    uLongf got = length;
    if (json && uncompress((Bytef *)json, &got, plain + LENGTH, n - LENGTH) == Z_OK && got == length) {
        json[length] = 0;
        return json;
    }
    free(json);
    return NULL;
}

char *moim_record_open(const char *record, size_t n, const char *visible)
{
    unsigned char key[crypto_secretbox_KEYBYTES], *box = malloc(n + 1), *plain = malloc(n + 1);
    size_t n_box;
    char *json = NULL;
    if (box && plain &&
        !sodium_base642bin(box, n, record, n, " \r\n\t", &n_box, NULL, sodium_base64_VARIANT_ORIGINAL) &&
        n_box > NONCE + MAC && make_key(key, visible)) {
        if (!crypto_secretbox_open_easy(plain, box + NONCE, n_box - NONCE, box, key))
            json = unpack(plain, n_box - NONCE - MAC);
        sodium_memzero(key, sizeof key);
    }
    free(box);
    free(plain);
    return json;
}
