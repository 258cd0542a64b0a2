/* whisper.cpp's ggml-*.bin: u32 "ggml"; i32 n_vocab, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer,
 * n_text_ctx, n_text_state, n_text_head, n_text_layer, n_mels, ftype; mel filters: i32 n_mel, i32 n_fft,
 * floats; i32 count of token texts, each u32 length and bytes; tensors to the end: i32 rank, i32 name length,
 * i32 type, i32 dims innermost first, name, data. Little-endian, unaligned. Key "tokens" lists the texts. */
#include "nn/weights_int.h"

#include <stdlib.h>
#include <string.h>

static int read_tokens(struct moim_weights *w, struct moim_cursor *c)
{
    uint32_t n = moim_read_u32(c);
    if (!c->ok) return MOIM_EFORMAT;
    struct moim_meta *m = moim_weights_push_meta(w, "tokens", 6);
    if (!m) return MOIM_ENOMEM;
    return moim_meta_strings(m, c, n, 4);
}

static int read_tensor(struct moim_weights *w, struct moim_cursor *c, struct moim_err *err)
{
    struct moim_tensor t = {0};
    uint32_t rank = moim_read_u32(c), len = moim_read_u32(c), type = moim_read_u32(c);
    if (!c->ok || rank < 1 || rank > MOIM_MAX_RANK) return MOIM_EFORMAT;
    t.rank = (int)rank;
    uint64_t count = 1;
    for (uint32_t i = 0; i < rank; i++) {
        uint64_t d = moim_read_u32(c);
        if (!d || count > UINT32_MAX / d) return MOIM_EFORMAT;
        count *= d;
        t.dims[rank - 1 - i] = d;
    }
    const char *name = (const char *)moim_read_bytes(c, len);
    if (!name || !len || memchr(name, 0, len)) return MOIM_EFORMAT;
    if (!moim_ggml_dtype(type, &t.type)) return moim_ggml_unsupported(w, name, len, type, err);
    if (!moim_row_bytes(t.type, t.dims[rank - 1])) return MOIM_EFORMAT;
    t.bytes = moim_row_bytes(t.type, count);
    t.data = moim_read_bytes(c, t.bytes);
    if (!t.data) return MOIM_EFORMAT;
    struct moim_tensor *slot = moim_weights_push(w, name, len);
    if (!slot) return MOIM_ENOMEM;
    t.name = slot->name;
    *slot = t;
    return MOIM_OK;
}

static int parse(struct moim_weights *w, struct moim_cursor *c, void *arg, struct moim_err *err)
{
    (void)arg;
    if (moim_read_u32(c) != 0x67676d6c) return MOIM_EFORMAT;
    for (int i = 0; i < 11; i++) moim_read_u32(c);
    uint64_t mels = moim_read_u32(c), bins = moim_read_u32(c);
    if (!c->ok || mels > 4096 || bins > 65536 || !moim_read_bytes(c, mels * bins * 4)) return MOIM_EFORMAT;
    int rc = read_tokens(w, c);
    while (!rc && c->pos < c->size) rc = read_tensor(w, c, err);
    return rc;
}

int moim_ggml_open(struct moim_weights **out, const char *path, struct moim_err *err)
{
    return moim_weights_read(out, path, "ggml Whisper model", parse, NULL, err);
}
