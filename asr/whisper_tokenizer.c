/* Whisper's vocabulary: GPT-2's byte-level BPE. A merge's rank is the id of what it makes, so the token texts
 * are all that encoding needs. */
#include "asr/whisper_int.h"
#include "base/mapfile.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char codes[][4] = {
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt",  "tr", "pl", "ca", "nl", "ar", "sv", "it", "id",
    "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro",  "da", "hu", "ta", "no", "th", "ur", "hr", "bg",
    "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv",  "bn", "sr", "az", "sl", "kn", "et", "mk", "br",
    "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw",  "gl", "mr", "pa", "si", "km", "sn", "yo", "so",
    "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi",  "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt",
    "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue"};

int whisper_lang_index(const char *code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (!strcmp(codes[i], code)) return (int)i;
    return -1;
}

const char *whisper_lang_code(int index)
{
    return index >= 0 && index < (int)(sizeof codes / sizeof *codes) ? codes[index] : "";
}

const char *moim_whisper_language(const char *code)
{
    int i = whisper_lang_index(code);
    return i < 0 ? NULL : codes[i];
}

bool moim_whisper_spaced(const char *lang)
{
    static const char *const without[] = {"ja", "zh", "yue", "th", "lo", "my", "km"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (!strcmp(lang, without[i])) return false;
    return true;
}

static uint32_t hash(const char *s, size_t n)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)s[i]) * 16777619u;
    return h;
}

const char *whisper_token(const struct whisper_vocab *v, int id, size_t *len)
{
    if (id < 0 || id >= v->n) {
        *len = 0;
        return "";
    }
    *len = v->start[id + 1] - v->start[id];
    return v->bytes + v->start[id];
}

static int find(const struct whisper_vocab *v, const char *s, size_t n)
{
    for (uint32_t i = hash(s, n) & v->mask; v->hash[i]; i = (i + 1) & v->mask) {
        size_t len;
        const char *t = whisper_token(v, v->hash[i] - 1, &len);
        if (len == n && !memcmp(t, s, n)) return v->hash[i] - 1;
    }
    return -1;
}

static int index_texts(struct whisper_vocab *v)
{
    v->mask = 1;
    while (v->mask < (uint32_t)v->n * 2) v->mask *= 2;
    v->hash = calloc(v->mask, sizeof *v->hash);
    if (!v->hash) return MOIM_ENOMEM;
    v->mask--;
    for (int id = 0; id < v->n; id++) {
        size_t len;
        const char *t = whisper_token(v, id, &len);
        if (!len || find(v, t, len) >= 0) continue; /* the first of equal texts is the one */
        uint32_t i = hash(t, len) & v->mask;
        while (v->hash[i]) i = (i + 1) & v->mask;
        v->hash[i] = id + 1;
    }
    return MOIM_OK;
}

/* GPT-2 writes each byte as a printable character: printable Latin-1 as itself, the rest from U+0100 on. */
static int byte_of(uint32_t cp)
{
    if ((cp >= 33 && cp <= 126) || (cp >= 161 && cp <= 172) || (cp >= 174 && cp <= 255)) return (int)cp;
    if (cp < 256 || cp > 256 + 67) return -1;
    uint32_t n = cp - 256;
    if (n < 33) return (int)n;
    if (n < 33 + 34) return (int)(n - 33 + 127);
    return 173;
}

/* Decodes one printable token into raw bytes; what is not in GPT-2's alphabet stays as it is. */
static size_t raw_bytes(const char *s, size_t n, char *dst)
{
    size_t out = 0;
    for (size_t i = 0; i < n;) {
        uint8_t c = (uint8_t)s[i];
        uint32_t cp = c;
        size_t len = 1;
        if (c >= 0xC0 && c < 0xE0 && i + 1 < n) {
            cp = (c & 31u) << 6 | ((uint8_t)s[i + 1] & 63u);
            len = 2;
        }
        int byte = c < 0x80 || len == 2 ? byte_of(cp) : -1;
        if (byte >= 0)
            dst[out++] = (char)byte;
        else
            for (size_t k = 0; k < len; k++) dst[out++] = s[i + k];
        i += len;
    }
    return out;
}

static int begin(struct whisper_vocab *v, size_t bytes, int n)
{
    memset(v, 0, sizeof *v);
    v->bytes = malloc(bytes + 1);
    v->start = calloc((size_t)n + 1, sizeof *v->start);
    v->n = n;
    return v->bytes && v->start ? MOIM_OK : MOIM_ENOMEM;
}

static int from_lines(struct whisper_vocab *v, const struct moim_map *map, int n)
{
    if (map->size > UINT32_MAX || begin(v, map->size, n)) return MOIM_ENOMEM;
    const char *p = (const char *)map->data, *end = p + map->size;
    uint32_t at = 0;
    int id = 0;
    for (; p < end && id < n; id++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((nl ? nl : end) - p);
        at += (uint32_t)raw_bytes(p, len, v->bytes + at);
        v->start[id + 1] = at;
        p = nl ? nl + 1 : end;
    }
    return id == n ? index_texts(v) : MOIM_EFORMAT;
}

static int from_json(struct whisper_vocab *v, const struct moim_map *map, int n)
{
    cJSON *list = cJSON_ParseWithLength((const char *)map->data, map->size);
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != n || begin(v, map->size, n)) {
        cJSON_Delete(list);
        return MOIM_EFORMAT;
    }
    uint32_t at = 0;
    int id = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item))
            at += (uint32_t)raw_bytes(item->valuestring, strlen(item->valuestring), v->bytes + at);
        v->start[++id] = at;
    }
    cJSON_Delete(list);
    return index_texts(v);
}

#define TEXTS 50256 /* of every Whisper, at the least; special tokens follow */

/* {"text": id, ...}: the special tokens, which have no text, may be missing. */
static int from_ids(struct whisper_vocab *v, const struct moim_map *map, int n)
{
    cJSON *root = cJSON_ParseWithLength((const char *)map->data, map->size);
    const cJSON **by_id = calloc((size_t)n + 1, sizeof *by_id), *item;
    int rc = !by_id || begin(v, map->size, n) ? MOIM_ENOMEM
             : cJSON_IsObject(root)           ? MOIM_OK
                                              : MOIM_EFORMAT,
        last = -1;
    if (!rc) cJSON_ArrayForEach(item, root)
        {
            if (!cJSON_IsNumber(item) || item->valueint < 0 || item->valueint >= n || by_id[item->valueint])
                rc = MOIM_EFORMAT;
            if (rc) break;
            by_id[item->valueint] = item;
            if (item->valueint > last) last = item->valueint;
        }
    uint32_t at = 0;
    for (int id = 0; !rc && id < n; id++) {
        if (!by_id[id] && (id < last || id < TEXTS)) rc = MOIM_EFORMAT;
        if (by_id[id]) at += (uint32_t)raw_bytes(by_id[id]->string, strlen(by_id[id]->string), v->bytes + at);
        v->start[id + 1] = at;
    }
    free(by_id);
    cJSON_Delete(root);
    return rc ? rc : index_texts(v);
}

int whisper_vocab_file(struct whisper_vocab *v, const char *dir, int n, struct moim_err *err)
{
    static const struct {
        const char *name;
        int (*read)(struct whisper_vocab *v, const struct moim_map *map, int n);
    } forms[] = {{"vocabulary.txt", from_lines}, {"vocabulary.json", from_json}, {"vocab.json", from_ids}};
    char path[1200];
    struct moim_map map;
    int rc = MOIM_ENOENT;
    size_t k = 0;
    for (; k < sizeof forms / sizeof *forms; k++) {
        snprintf(path, sizeof path, "%s/%s", dir, forms[k].name);
        if (!(rc = moim_map_open(&map, path, err)) || rc != MOIM_ENOENT) break;
    }
    if (rc == MOIM_ENOENT)
        return moim_fail(err, rc, "%s: holds neither vocabulary.txt, vocabulary.json nor vocab.json", dir);
    if (rc) return rc;
    rc = forms[k].read(v, &map, n);
    moim_map_close(&map);
    return rc ? moim_fail(err, rc,
                          rc == MOIM_ENOMEM ? "%s: out of memory" : "%s: does not list the model's %d tokens",
                          path, n)
              : MOIM_OK;
}

int whisper_vocab_meta(struct whisper_vocab *v, const struct moim_weights *w, int n, struct moim_err *err)
{
    size_t have = moim_weights_arr_len(w, "tokens"), total = 0, len;
    const char *s;
    for (size_t i = 0; i < have; i++)
        if (moim_weights_arr_str(w, "tokens", i, &s, &len)) total += len;
    if (have > (size_t)n || total > UINT32_MAX)
        return moim_fail(err, MOIM_EFORMAT, "%s: more token texts than tokens", moim_weights_path(w));
    if (begin(v, total, n)) return moim_fail(err, MOIM_ENOMEM, "%s: out of memory", moim_weights_path(w));
    uint32_t at = 0;
    for (int id = 0; id < n; id++) { /* the file leaves out the special tokens, which have no text */
        if ((size_t)id < have && moim_weights_arr_str(w, "tokens", (size_t)id, &s, &len)) {
            memcpy(v->bytes + at, s, len);
            at += (uint32_t)len;
        }
        v->start[id + 1] = at;
    }
    return index_texts(v);
}

void whisper_vocab_free(struct whisper_vocab *v)
{
    free(v->bytes);
    free(v->start);
    free(v->hash);
    memset(v, 0, sizeof *v);
}

enum { LETTER, DIGIT, SPACE, OTHER };
static int class_of(uint8_t c)
{
    if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return LETTER;
    if (c >= '0' && c <= '9') return DIGIT;
    return c == ' ' || (c >= '\t' && c <= '\r') ? SPACE : OTHER;
}

/* Bytes of the next piece that merges may not cross: a run of one class, with one space before it. All beyond
 * ASCII counts as letters. */
static size_t piece_len(const char *s)
{
    size_t i = s[0] == ' ' && s[1] && class_of((uint8_t)s[1]) != SPACE;
    int c = class_of((uint8_t)s[i]);
    if (c == OTHER && s[0] == '\'' && s[1]) {
        static const char *const tails[] = {"ll", "re", "ve", "s", "t", "m", "d"};
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++)
            if (!strncmp(s + 1, tails[k], strlen(tails[k]))) return 1 + strlen(tails[k]);
    }
    while (s[i] && class_of((uint8_t)s[i]) == c) i++;
    /* the last of several spaces belongs to what follows */
    if (c == SPACE && s[i] && i > 1) i--;
    return i;
}

#define PIECE_MAX 256 /* longer runs are cut: BPE of one piece is quadratic */

static int merge_piece(const struct whisper_vocab *v, const char *s, size_t n, int *ids, int max)
{
    uint16_t cut[PIECE_MAX + 1];
    int parts = (int)n;
    for (int i = 0; i <= parts; i++) cut[i] = (uint16_t)i;
    for (;;) {
        int best = -1, at = -1;
        for (int i = 0; i + 2 <= parts; i++) {
            int id = find(v, s + cut[i], (size_t)(cut[i + 2] - cut[i]));
            if (id >= 0 && (best < 0 || id < best)) best = id, at = i;
        }
        if (at < 0) break;
        memmove(cut + at + 1, cut + at + 2, sizeof *cut * (size_t)(parts - at - 1));
        parts--;
    }
    int count = 0;
    for (int i = 0; i < parts && count < max; i++) {
        int id = find(v, s + cut[i], (size_t)(cut[i + 1] - cut[i]));
        if (id >= 0) ids[count++] = id;
    }
    return count;
}

int whisper_tokenize(const struct whisper_vocab *v, const char *text, int *ids, int max)
{
    int count = 0;
    while (*text && count < max) {
        size_t n = piece_len(text);
        if (n > PIECE_MAX) n = PIECE_MAX;
        count += merge_piece(v, text, n, ids + count, max - count);
        text += n;
    }
    return count;
}

static void suppress_symbol(const struct whisper_vocab *v, const char *symbol, bool first_of_many, int eot,
                            uint8_t *suppress)
{
    char text[16];
    for (int gap = 0; gap < 2; gap++) {
        int ids[8];
        snprintf(text, sizeof text, "%s%s", gap ? " " : "", symbol);
        int n = whisper_tokenize(v, text, ids, 8);
        if ((n == 1 || (n > 1 && first_of_many)) && ids[0] < eot) suppress[ids[0]] |= 1;
    }
}

/* Kana, Chinese characters and their signs, or the first bytes of one: what no Korean transcript holds. */
static bool other_script(const uint8_t *t, size_t len)
{
    for (size_t k = 0; k < len; k++) {
        if (t[k] >= 0xE4 && t[k] <= 0xE9) return true;
        if (t[k] == 0xE3 && k + 1 < len && t[k + 1] >= 0x80 && t[k + 1] <= 0x83) return true;
    }
    return false;
}

void whisper_suppress(const struct whisper_vocab *v, int eot, uint8_t *suppress)
{
    static const char *const symbols[] = {
        "\"",  "#",  "(",  ")",  "*",   "+",  "/",  ":",   ";",   "<",  "=",  ">",  "@",  "[",   "\\",  "]",
        "^",   "_",  "`",  "{",  "|",   "}",  "~",  "「",  "」",  "『", "』", "<<", ">>", "<<<", ">>>", "--",
        "---", "-(", "-[", "('", "(\"", "((", "))", "(((", ")))", "[[", "]]", "{{", "}}", "♪♪",  "♪♪♪"};
    static const char *const notes[] = {"♩", "♪", "♫", "♬", "♭", "♮", "♯"};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        suppress_symbol(v, symbols[i], false, eot, suppress);
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        suppress_symbol(v, notes[i], true, eot, suppress);
    static const char *const alone[] = {" -", " '"}; /* a hyphen or quote that begins a word */
    int id;
    for (int i = 0; i < 2; i++)
        if (whisper_tokenize(v, alone[i], &id, 1) == 1 && id < eot) suppress[id] |= 1;
    if (whisper_tokenize(v, " ", &id, 1) == 1 && id < eot) suppress[id] |= 2;
    if (eot < v->n) suppress[eot] |= 2;
    for (int i = 0; i < eot; i++) { /* figures, and signs that stand for words beside them */
        size_t len;
        const char *t = whisper_token(v, i, &len);
        if (other_script((const uint8_t *)t, len)) suppress[i] |= 8;
        for (size_t k = 0; k < len; k++)
            if (isdigit((unsigned char)t[k]) || t[k] == '$' || t[k] == '%') suppress[i] |= 4;
    }
}
