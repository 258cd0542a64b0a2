#!/usr/bin/env python3
"""Learns which turn before a finding says what it is about, or whether its own does (summarize/what_about.c).

    moim-eval features --contexts JSON/AUTHOR CONTEXTS/AUTHOR.tsv     # for every author; needs the model for search
    contexts.py CONTEXTS >summarize/context_weights.inc

A conditional logit over the finding's own turn and the ten before it, to what readers who saw the meeting chose for 1,221 findings of the
corpus (contexts/ko.tsv, en.tsv: meeting, turn, kind, and "self", "none", or the turns that must be quoted, best first; a second one counts
for half). Prints how often the choice is right, six-fold by author, to standard error."""
import pathlib
import sys

import numpy as np
from scipy.optimize import minimize

BEFORE, SELF, TURNS = 17, 7, 10
RIDGE, FOLDS = 2.0, 6


def load(folder, language):
    """author, features of the turn and of those before it, the right choices: 0 the turn itself, n the one n turns before."""
    features = {}
    for path in pathlib.Path(folder).glob('*.tsv'):
        for line in path.read_text(encoding='utf-8').splitlines():
            name, turn, own, *before = line.split('\t')
            features[f'{path.stem}/{pathlib.Path(name).stem}', int(turn)] = (np.array(own.split(), float), [np.array(b.split(), float) for b in before])
    rows = []
    for line in (pathlib.Path(__file__).parent / 'contexts' / f'{language}.tsv').read_text(encoding='utf-8').splitlines():
        meeting, turn, kind, choice = line.split('\t')
        own, before = features[meeting, int(turn)]
        own = np.r_[own[:SELF - 2], kind == 'task', kind == 'question']
        right = [0] if choice in ('self', 'none') else [int(turn) - int(t) for t in choice.split(',')]
        right = [r for r in right if 0 <= r <= len(before)]
        if right:
            rows.append((meeting.split('/')[0], own, before, right))
    return rows


def pack(rows):
    own, before = np.array([r[1] for r in rows]), np.zeros((len(rows), TURNS, BEFORE))
    closed, right = np.full((len(rows), TURNS + 1), -1e9), np.zeros((len(rows), TURNS + 1))
    closed[:, 0] = 0
    for i, (_, _, turns, choices) in enumerate(rows):
        before[i, :len(turns)] = turns
        closed[i, 1:len(turns) + 1] = 0
        for k, choice in enumerate(choices):
            right[i, choice] = 0.5 if k else 1
    return own, before, closed, right


def score(w, own, before, closed):
    return np.c_[own @ w[BEFORE:], before @ w[:BEFORE]] + closed


def fit(rows):
    own, before, closed, right = pack(rows)

    def loss(w):
        z = score(w, own, before, closed)
        e = np.exp(z - z.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        q = p * right
        d = p - q / q.sum(1, keepdims=True)
        return -np.log(q.sum(1) + 1e-12).sum() + RIDGE * (w @ w) / 2, np.r_[np.einsum('nk,nkf->f', d[:, 1:], before), d[:, 0] @ own] + RIDGE * w

    return minimize(loss, np.zeros(BEFORE + SELF), jac=True, method='L-BFGS-B').x


def report(language, rows):
    authors = sorted({r[0] for r in rows})
    fold = np.array([authors.index(r[0]) % FOLDS for r in rows])
    hits = []
    for f in range(FOLDS):
        w, test = fit([r for r, k in zip(rows, fold) if k != f]), [r for r, k in zip(rows, fold) if k == f]
        own, before, closed, _ = pack(test)
        hits += [(best in r[3], best == 0) for best, r in zip(score(w, own, before, closed).argmax(1), test)]
    right = np.array([h for h, _ in hits])
    quoted = np.array([not s for _, s in hits])
    print(f'{language}: {len(rows)} findings, right {right.mean():.3f}; of the turns that are quoted {right[quoted].mean():.3f}', file=sys.stderr)


def main():
    learnt = []
    for language in ('ko', 'en'):
        rows = load(sys.argv[1], language)
        report(language, rows)
        learnt.append(fit(rows))
    row = lambda w: '{' + ', '.join(f'{v:.3f}' for v in w) + '}'
    print('{' + ',\n '.join(row(w[:BEFORE]) for w in learnt) + '},')
    print('{' + ',\n '.join(row(w[BEFORE:]) for w in learnt) + '},')


if __name__ == '__main__':
    main()
