/* Clustering of unit-length speaker embeddings with an automatic number of clusters: spectral clustering on a
 * p-nearest-neighbour graph, p and the count chosen by the normalized maximum eigengap (NME-SC; Park, Han,
 * Kumar and Narayanan, "Auto-Tuning Spectral Clustering for Speaker Diarization Using Normalized Maximum
 * Eigengap", 2019). */
#ifndef MOIM_ASR_CLUSTER_H
#define MOIM_ASR_CLUSTER_H

#include "nn/status.h"
#include <stddef.h>

#define MOIM_CLUSTER_MAX 1200 /* points; the work grows with the cube of their number */

struct moim_cluster_options {
    int min_clusters, max_clusters; /* 0: 1 and 10; equal: the count is known */
};

/* x[n][dim], rows of length 1, n <= MOIM_CLUSTER_MAX. label[n] receives 0 ... *n_clusters - 1, numbered by
 * first appearance. Deterministic. MOIM_ENOMEM, or MOIM_EINVAL for too many points. */
int moim_cluster(const float *x, int n, int dim, const struct moim_cluster_options *opt, int *label,
                 int *n_clusters, struct moim_err *err);

#endif
