/* A file of named tensors with metadata, whatever its container. Opened by the reader of that container
 * (nn/hama.h, nn/gguf.h, nn/ct2.h, nn/torch.h), used through these calls.
 * Files are mmapped; every offset, count and size is checked at open, so that a view can be trusted later. */
#ifndef MOIM_NN_WEIGHTS_H
#define MOIM_NN_WEIGHTS_H

#include "base/status.h"
#include "nn/tensor.h"
#include <stdbool.h>

struct moim_weights;

size_t moim_weights_count(const struct moim_weights *w);
const struct moim_tensor *moim_weights_at(const struct moim_weights *w, size_t i);
/* NULL when no tensor has that name. */
const struct moim_tensor *moim_weights_find(const struct moim_weights *w, const char *name);
/* As find, but also checks rank and dims (a dim of 0 matches any) and says in err what is missing or
 * misshapen. */
const struct moim_tensor *moim_weights_need(const struct moim_weights *w, const char *name, int rank,
                                            const uint64_t *dims, struct moim_err *err);
const char *moim_weights_path(const struct moim_weights *w);
/* For loaders, when all is loaded: MOIM_EUNSUP, naming it, when the file holds a tensor that nobody looked for: what
 * a network does not know changes what it computes. Scalars, raw bytes and other names of a tensor that was found do not count. */
int moim_weights_all_used(const struct moim_weights *w, struct moim_err *err);

/* Metadata (GGUF key/value; few other containers have any). Each returns false when the key is absent or of
 * another kind. */
bool moim_weights_str(const struct moim_weights *w, const char *key, const char **s, size_t *len);
bool moim_weights_u64(const struct moim_weights *w, const char *key,
                      uint64_t *v); /* any integer or bool kind, if not negative */
bool moim_weights_f64(const struct moim_weights *w, const char *key, double *v);
/* Arrays: count, then element i of an array of strings / of numbers. */
size_t moim_weights_arr_len(const struct moim_weights *w, const char *key);
bool moim_weights_arr_str(const struct moim_weights *w, const char *key, size_t i, const char **s,
                          size_t *len);
bool moim_weights_arr_f64(const struct moim_weights *w, const char *key, size_t i, double *v);

/* Gives the pages read so far back to the system; they come again when they are read again. For loaders that
 * copy: call it as they go, and the file does not lie in memory twice. */
void moim_weights_release(const struct moim_weights *w);
void moim_weights_close(struct moim_weights *w);

/* Readers: each opens its container at path; *out is NULL on failure. */
int moim_hama_open(struct moim_weights **out, const char *path, struct moim_err *err);
int moim_gguf_open(struct moim_weights **out, const char *path, struct moim_err *err);
int moim_ct2_open(struct moim_weights **out, const char *path,
                  struct moim_err *err); /* CTranslate2 model.bin */
int moim_ggml_open(struct moim_weights **out, const char *path,
                   struct moim_err *err); /* whisper.cpp's ggml-*.bin; key "tokens" */
/* Each tensor under the name that rename gives it, which may be written to out or be its own; NULL: as it is. A header of more
 * than a 64th of the file (and of 64 KiB) is refused. */
int moim_safetensors_open(struct moim_weights **out, const char *path,
                          const char *(*rename)(const char *name, char out[128]), struct moim_err *err);
int moim_torch_open(struct moim_weights **out, const char *path,
                    struct moim_err *err); /* legacy or zip pickle state dict */

#endif
