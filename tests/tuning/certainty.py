#!/usr/bin/env python3
"""Weights of asr/certainty.c: a logistic regression on lines whose speaker is known to be right or wrong.

    moim-eval speakers DIR --lines FILE; certainty.py FILE...

Prints the weights over all files, and the log loss and calibration of each recording by weights learnt from the others. Needs numpy."""
import sys

import numpy as np

BINS = (0, 0.5, 0.7, 0.8, 0.9, 0.95, 1)
NAMES = ("free", "share", "margin", "length")


def signs(share, own, other, seconds):
    """As in moim_speaker_certainty()."""
    return [1, share, own - other, np.log(seconds + 0.1)]


def read(paths):
    x, y, who = [], [], []
    for path in paths:
        for line in open(path, encoding="utf-8"):
            w = line.rstrip("\n").split("\t")
            x.append(signs(*map(float, w[5:9])))
            y.append(float(w[3]))
            who.append(f"{path}:{w[0]}")
    return np.array(x), np.array(y), np.array(who)


def fit(x, y, ridge=0.1):
    w = np.zeros(x.shape[1])
    keep = ridge * np.eye(x.shape[1])
    keep[0, 0] = 0  # the first weight is free
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + keep, x.T @ (y - p) - keep @ w)
    return w


def main():
    x, y, who = read(sys.argv[1:])
    p = np.zeros(len(y))
    for name in np.unique(who):
        out = who == name
        p[out] = 1 / (1 + np.exp(-x[out] @ fit(x[~out], y[~out])))
    p = np.clip(p, 0.01, 0.99)
    print(f"{len(y)} lines, {100 * y.mean():.1f} % right; {-np.mean(np.log(np.where(y > 0, p, 1 - p))):.4f} nats a line, "
          f"without signs {-np.mean(y * np.log(y.mean()) + (1 - y) * np.log(1 - y.mean())):.4f}")
    for low, high in zip(BINS, BINS[1:]):
        of = (p >= low) & (p < high)
        if of.any():
            print(f"{low:.2f} to {high:.2f}  {of.sum():5d} lines  {100 * y[of].mean():5.1f} % right (told {100 * p[of].mean():.1f})")
    print("weights", " ".join(f"{n} {w:.2f}" for n, w in zip(NAMES, fit(x, y))))


main()
