/* Clustering of unit-length speaker embeddings with an automatic number of clusters: agglomerative, by the
 * average cosine similarity of two clusters' members, until no two clusters are more alike than a threshold
 * (Day and Edelsbrunner, "Efficient algorithms for agglomerative hierarchical clustering methods", 1984). */
#ifndef MOIM_ASR_CLUSTER_H
#define MOIM_ASR_CLUSTER_H

#include "base/status.h"
#include <stddef.h>

/* Points that are clustered at once, as memory and work grow with their square. More are taken in blocks of
 * so many first, whose clusters are then clustered as one: the average similarity of two clusters is the dot
 * product of their members' means. */
#define MOIM_CLUSTER_AT_ONCE 1200

struct moim_cluster_options {
    int min_clusters, max_clusters; /* 0: 1 and 10; equal: the count is known */
    float threshold;                /* average similarity below which voices are two */
    float min_weight; /* lighter clusters join the one they are most like, if min_clusters allows */
    /* A cluster lighter than twin_weight joins one whose mean is twin_similarity like its own: noisy voices of
     * one person are less alike than their means. 0: none does. */
    float twin_weight, twin_similarity;
};

/* x[n][dim], rows of length 1; weight[n] > 0 (seconds of speech). label[n] receives 0 ... *n_clusters - 1,
 * numbered by first appearance. Deterministic. MOIM_ENOMEM, or MOIM_EINVAL for numbers that make no sense. */
int moim_cluster(const float *x, const float *weight, int n, int dim, const struct moim_cluster_options *opt,
                 int *label, int *n_clusters, struct moim_err *err);

#endif
