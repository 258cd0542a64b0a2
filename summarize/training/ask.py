"""Learns how turns are weighed that may answer a question (summarize/answer_rank.c).

    moim-eval ask --minutes-model none --features F1 QUESTIONS1; ...
    python3 summarize/training/ask.py F1 F2... >summarize/answer_rank_weights.inc

A conditional logit over all turns that were weighed for a question and one more choice, that nothing answers, whose worth is 0.
Prints figures of six-fold cross-validation by question to standard error."""
import random, sys

import numpy as np

FEATURES, KINDS, FIRST_KIND, COSINES, UNVECTORED = 54, 14, 32, (1, 2, 46, 47, 48, 51), 29
REACH, SUPPLIES, FARTHER, LESS = 4, 2.5, 0.25, 3.0  # as in answer_rank.c


def load(path):
    questions = {}
    for line in open(path, encoding="utf-8"):
        c = line.rstrip("\n").split("\t")
        q = questions.setdefault(int(c[0]), dict(parts=int(c[1]), meetings={}))
        q["meetings"].setdefault(c[7], []).append((int(c[3]), int(c[2]), int(c[4]), int(c[5]), int(c[6]), [float(x) for x in c[8:]]))
    for q in questions.values():
        for title, rows in q["meetings"].items():
            rows.sort()
            q["meetings"][title] = [np.array([r[k] for r in rows]) for k in range(1, 6)]
    return list(questions.values())


def label(q):
    """How good an answer each turn is the middle of."""
    full = (1 << q["parts"]) - 1
    for m in q["meetings"].values():
        held, y = m[0], np.zeros(len(m[0]))
        for t in range(len(held)):
            window = int(np.bitwise_or.reduce(held[max(0, t - 2):t + 3]))
            if full and window == full:
                y[t] = 1 if held[t] == full else 0.6 if held[t] else 0.1
            elif held[t]:
                y[t] = 0.25
        m.append(y * m[1])


def without_vectors(x):
    x = x.copy()
    x[:, list(COSINES)] = 0
    x[:, UNVECTORED] = 1
    return x


def fit(data, decay, rounds=300, rate=0.3):
    w, packs = np.zeros(FEATURES), []
    for q in data:
        x = np.concatenate([m[4][m[1] > 0] for m in q["meetings"].values()])
        y = np.concatenate([m[5][m[1] > 0] for m in q["meetings"].values()])
        if not len(x) or (q["parts"] and not y.sum()):
            continue
        packs += [(x, y, q["parts"] > 0, 1.0), (without_vectors(x), y, q["parts"] > 0, 0.2)]
    w[0] = -4
    first = np.zeros(FEATURES)
    second = np.zeros(FEATURES)
    pull = np.full(FEATURES, decay)
    pull[0] = 0
    pull[FIRST_KIND:FIRST_KIND + KINDS] *= 3
    for k in range(1, rounds + 1):
        g = np.zeros(FEATURES)
        for x, y, answered, weight in packs:
            s = x @ w
            most = max(0, s.max())
            e = np.exp(s - most)
            p = e / (e.sum() + np.exp(-most))
            if answered:
                r = y * e
                p = 0.8 * (p - r / r.sum())
            g += weight * (x.T @ p)
        g = g / len(packs) + pull * w
        first = 0.9 * first + 0.1 * g
        second = 0.99 * second + 0.01 * g * g
        w -= rate * (0.3 if k > 0.6 * rounds else 1) * (first / (1 - 0.9**k)) / (np.sqrt(second / (1 - 0.99**k)) + 1e-6)
    return w


def shown(m, s, t):
    kinds = sum(int(m[4][t][FIRST_KIND + i]) << i for i in range(KINDS))
    missing = kinds & ~int(m[2][t])
    worth = {k: s[k] + (SUPPLIES if int(m[2][k]) & missing else 0) - FARTHER * abs(k - t)
             for k in range(max(0, t - REACH), min(len(s), t + REACH + 1)) if k != t and m[3][k] >= 8}
    most = 3 if bin(kinds).count("1") > 1 else 2
    return [t] + [k for k in sorted(worth, key=lambda k: -worth[k])[:most] if worth[k] >= s[t] - LESS]


def judge(q, w):
    best, right = -99.0, False
    for m in q["meetings"].values():
        s = m[4] @ w
        t = int(np.where(m[1] > 0, s, -99).argmax())
        if m[1][t] and s[t] > best:
            best = s[t]
            right = q["parts"] > 0 and int(np.bitwise_or.reduce(m[0][shown(m, s, t)])) == (1 << q["parts"]) - 1
    return best, right


def main():
    data = [q for path in sys.argv[1:] for q in load(path)]
    for q in data:
        label(q)
    order = list(range(len(data)))
    random.Random(3).shuffle(order)
    decay, got = 0.01, {}
    for fold in range(6):
        w = fit([data[i] for k, i in enumerate(order) if k % 6 != fold], decay)
        got.update({i: judge(data[i], w) for k, i in enumerate(order) if k % 6 == fold})
    for limit in (-1, -0.5, 0, 0.5, 1):
        r = [(got[i], data[i]["parts"] > 0) for i in order]
        print(f"at {limit}: right {sum(a and g[0] >= limit and g[1] for g, a in r)}, wrong "
              f"{sum(a and g[0] >= limit and not g[1] for g, a in r)} of {sum(a for g, a in r)}; refused "
              f"{sum(not a and g[0] < limit for g, a in r)} of {sum(not a for g, a in r)}", file=sys.stderr)
    for x in fit(data, decay):
        print(f"    {x:.4f}F,")


main()
