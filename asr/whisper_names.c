/* Names of the tensors of Hugging Face's Whisper as the names of the first one, which whisper.cpp's files keep too. */
#include "asr/whisper_int.h"

#include <stdio.h>
#include <string.h>

struct pair {
    const char *from, *to;
};

static const struct pair whole[] = {
    {"encoder.embed_positions.weight", "encoder.positional_embedding"},
    {"decoder.embed_positions.weight", "decoder.positional_embedding"},
    {"decoder.embed_tokens.weight", "decoder.token_embedding.weight"},
};
static const struct pair ends[] = {
    {"encoder.layer_norm.", "encoder.ln_post."},
    {"decoder.layer_norm.", "decoder.ln."},
};
/* The longer ones first: the others begin as they do. */
static const struct pair parts[] = {
    {"self_attn_layer_norm.", "attn_ln."},
    {"encoder_attn_layer_norm.", "cross_attn_ln."},
    {"final_layer_norm.", "mlp_ln."},
    {"self_attn.q_proj.", "attn.query."},
    {"self_attn.k_proj.", "attn.key."},
    {"self_attn.v_proj.", "attn.value."},
    {"self_attn.out_proj.", "attn.out."},
    {"encoder_attn.q_proj.", "cross_attn.query."},
    {"encoder_attn.k_proj.", "cross_attn.key."},
    {"encoder_attn.v_proj.", "cross_attn.value."},
    {"encoder_attn.out_proj.", "cross_attn.out."},
    {"fc1.", "mlp.0."},
    {"fc2.", "mlp.2."},
};

static const struct pair *of(const struct pair *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strncmp(name, list[i].from, strlen(list[i].from))) return &list[i];
    return NULL;
}

const char *whisper_reference_name(const char *name, char out[128])
{
    const char *s = strncmp(name, "model.", 6) ? name : name + 6;
    const struct pair *p;
    int layer, n = 0;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (!strcmp(s, whole[i].from)) return whole[i].to;
    if ((p = of(ends, sizeof ends / sizeof *ends, s))) {
        snprintf(out, 128, "%s%.64s", p->to, s + strlen(p->from));
        return out;
    }
    if (sscanf(s, "%*[a-z].layers.%d.%n", &layer, &n) == 1 && n && layer >= 0 && layer < 1000 &&
        (!strncmp(s, "encoder.", 8) || !strncmp(s, "decoder.", 8)) &&
        (p = of(parts, sizeof parts / sizeof *parts, s + n))) {
        snprintf(out, 128, "%.7s.blocks.%d.%s%.32s", s, layer, p->to, s + n + strlen(p->from));
        return out;
    }
    return s;
}
