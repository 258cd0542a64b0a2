/* Which heads of cross-attention follow the sound. The reference found them by trial for each of its models and
 * keeps them beside the weights, where only some containers have room; a model is known by its shape. */
#include "asr/whisper_int.h"
#include "base/mapfile.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#define MOST                                                                                                 \
    24 /* heads of a model that is not known: each costs its attention to every frame, for every token */

struct known {
    int layers, d, vocab; /* of the decoder; vocab 0: any */
    uint8_t heads[MOST][2];
};

static const struct known models[] = {
    {4, 384, 51864, {{1, 0}, {2, 0}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}}},
    {4, 384, 51865, {{2, 2}, {3, 0}, {3, 2}, {3, 3}, {3, 4}, {3, 5}}},
    {6, 512, 51864, {{3, 3}, {4, 7}, {5, 1}, {5, 5}, {5, 7}}},
    {6, 512, 51865, {{3, 1}, {4, 2}, {4, 3}, {4, 7}, {5, 1}, {5, 2}, {5, 4}, {5, 6}}},
    {12,
     768,
     51864,
     {{6, 6},
      {7, 0},
      {7, 3},
      {7, 8},
      {8, 2},
      {8, 5},
      {8, 7},
      {9, 0},
      {9, 4},
      {9, 8},
      {9, 10},
      {10, 0},
      {10, 1},
      {10, 2},
      {10, 3},
      {10, 6},
      {10, 11},
      {11, 2},
      {11, 4}}},
    {12, 768, 51865, {{5, 3}, {5, 9}, {8, 0}, {8, 4}, {8, 7}, {8, 8}, {9, 0}, {9, 7}, {9, 9}, {10, 5}}},
    {24,
     1024,
     51864,
     {{11, 4},
      {14, 1},
      {14, 12},
      {14, 14},
      {15, 4},
      {16, 0},
      {16, 4},
      {16, 9},
      {17, 12},
      {17, 14},
      {18, 7},
      {18, 10},
      {18, 15},
      {20, 0},
      {20, 3},
      {20, 9},
      {20, 14},
      {21, 12}}},
    {24, 1024, 51865, {{13, 15}, {15, 4}, {15, 15}, {16, 1}, {20, 0}, {23, 4}}},
    /* large-v1 has the shape of v2, which took its place */
    {32, 1280, 51865, {{10, 12}, {13, 17}, {16, 11}, {16, 12}, {16, 13}, {17, 15}, {17, 16}, {18, 4},
                       {18, 11}, {18, 19}, {19, 11}, {21, 2},  {21, 3},  {22, 3},  {22, 9},  {22, 12},
                       {23, 5},  {23, 7},  {23, 13}, {25, 5},  {26, 1},  {26, 12}, {27, 15}}},
    {32,
     1280,
     51866,
     {{7, 0}, {10, 17}, {12, 18}, {13, 12}, {16, 1}, {17, 14}, {19, 11}, {21, 4}, {24, 1}, {25, 6}}},
    {4, 1280, 51866, {{2, 4}, {2, 11}, {3, 3}, {3, 6}, {3, 11}, {3, 14}}},
};

static void mark(struct whisper_model *m, int layer, int head)
{
    if (layer < 0 || layer >= m->dims.text_layers || head < 0 || head >= m->dims.text_heads) return;
    uint8_t *at = &m->align[layer * m->dims.text_heads + head];
    m->n_align += !*at;
    *at = 1;
}

static void from_config(struct whisper_model *m, const char *dir, const char *name)
{
    struct moim_map map;
    char path[1200];
    cJSON *root = NULL;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!moim_map_open(&map, path, NULL)) {
        root = cJSON_ParseWithLength((const char *)map.data, map.size);
        moim_map_close(&map);
    }
    const cJSON *pair;
    cJSON_ArrayForEach(pair, cJSON_GetObjectItem(root, "alignment_heads"))
    {
        const cJSON *a = cJSON_GetArrayItem(pair, 0), *b = cJSON_GetArrayItem(pair, 1);
        if (cJSON_IsNumber(a) && cJSON_IsNumber(b)) mark(m, a->valueint, b->valueint);
    }
    cJSON_Delete(root);
}

static void from_shape(struct whisper_model *m)
{
    const struct whisper_dims *z = &m->dims;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const struct known *k = &models[i];
        if (k->layers != z->text_layers || k->d != z->d || k->vocab != z->vocab) continue;
        /* no model has head 0 of layer 0 among them: it ends a list */
        for (int h = 0; h < MOST && (k->heads[h][0] || k->heads[h][1]); h++)
            mark(m, k->heads[h][0], k->heads[h][1]);
    }
}

/* CTranslate2 keeps them as a tensor of pairs. */
static void from_tensor(struct whisper_model *m)
{
    const struct moim_tensor *t = moim_weights_find(m->file, "decoder/alignment_heads");
    float pair[2];
    size_t each = t ? moim_row_bytes(t->type, 1) : 0;
    for (uint64_t i = 0; t && t->type != MOIM_U8 && i + 1 < moim_tensor_count(t) && i < 2048; i += 2) {
        moim_dequantize(t->type, (const char *)t->data + i * each, 2, pair);
        if (pair[0] >= 0 && pair[0] < 4096 && pair[1] >= 0 && pair[1] < 4096)
            mark(m, (int)pair[0], (int)pair[1]);
    }
}

void whisper_alignment_heads(struct whisper_model *m, const char *dir)
{
    const struct whisper_dims *z = &m->dims;
    from_tensor(m);
    if (!m->n_align) from_config(m, dir, "config.json");            /* CTranslate2 */
    if (!m->n_align) from_config(m, dir, "generation_config.json"); /* Hugging Face */
    if (!m->n_align) from_shape(m);
    if (m->n_align) return;
    int first = z->text_layers / 2 * z->text_heads, n = z->text_layers * z->text_heads - first,
        take = n < MOST ? n : MOST;
    for (int i = 0; i < take; i++) {
        int at = first + (int)((long)n * i / take);
        mark(m, at / z->text_heads, at % z->text_heads);
    }
}
