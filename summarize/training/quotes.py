#!/usr/bin/env python3
"""Learns which turns a line about a finding quotes (summarize/quoted_turns.c).

    corpus.py CORPUS JSON                                     # CORPUS: quotes/meetings, and tests/minutes/heldout8 to 10 as h8ko, h8en ...
    moim-eval features --quotes JSON/AUTHOR QUOTES/AUTHOR.tsv     # for every author; needs the model for search
    quotes.py QUOTES >summarize/quoted_weights.inc

A logistic regression over the turns around a finding's own, earlier, own and later ones each with weights of their own, to what readers
who saw the meeting chose (quotes/ko.tsv, en.tsv: meeting, kind, turn; whether it is such a finding: Y, B borderline, N; the turns that must
be quoted; owner and day, for tasks). Meetings that the tagger has not learnt from. Prints to standard error, with authors left out in turn:
precision and recall of turns, and how many findings quote none too many, and all that is needed."""
import pathlib
import sys

import numpy as np
from scipy.optimize import minimize

SIDES, FEATURES = 3, 55
RIDGE, LIMIT, MOST = 100.0, -1.0, 4


def load(folder):
    """author, own turn, turns, features of each, whether each is quoted."""
    labels, rows = {}, []
    for language in ('ko', 'en'):
        for line in (pathlib.Path(__file__).parent / 'quotes' / f'{language}.tsv').read_text(encoding='utf-8').splitlines():
            meeting, kind, turn, verdict, turns, *_ = line.split('\t')
            if verdict != 'N' and turns:
                labels[meeting, kind, int(turn)] = {int(t) for t in turns.split(',')}
    for path in sorted(pathlib.Path(folder).glob('*.tsv')):
        for line in path.read_text(encoding='utf-8').splitlines():
            name, kind, own, *around = line.split('\t')
            quoted = labels.get((f'{path.stem}/{pathlib.Path(name).stem}', kind, int(own)))
            if quoted is None:
                continue
            numbers = np.array([a.split() for a in around], float)
            x = np.zeros((len(around), SIDES * FEATURES))
            for i, row in enumerate(numbers):
                side = int(row[1])
                x[i, side * FEATURES:(side + 1) * FEATURES] = row[2:]
            turns = numbers[:, 0].astype(int)
            rows.append((path.stem, int(own), turns, x, np.isin(turns, list(quoted))))
    return rows


def fit(rows):
    x, y = np.concatenate([r[3] for r in rows]), np.concatenate([r[4] for r in rows])
    scale = np.where(x.std(0) > 1e-9, x.std(0), 1)
    z = x / scale
    free = np.ones(x.shape[1])
    free[::FEATURES] = 0  # the constants are not held back

    def loss(w):
        s = z @ w
        p = 1 / (1 + np.exp(-s))
        return np.logaddexp(0, np.where(y, -s, s)).sum() + RIDGE * (free * w) @ w / 2, z.T @ (p - y) + RIDGE * free * w

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method='L-BFGS-B', options={'maxiter': 500}).x / scale


def chosen(w, row):
    _, _, turns, x, _ = row
    s = x @ w
    order = np.argsort(-s)[:MOST]
    return {int(turns[i]) for k, i in enumerate(order) if s[i] >= LIMIT or not k}


def report(rows):
    authors = sorted({r[0] for r in rows})
    right = too_many = missed = clean = whole = 0
    for author in authors:
        w = fit([r for r in rows if r[0] != author])
        for row in (r for r in rows if r[0] == author):
            wanted, got = set(row[2][row[4]].tolist()), chosen(w, row)
            right += len(wanted & got)
            too_many += len(got - wanted)
            missed += len(wanted - got)
            clean += got <= wanted
            whole += wanted <= got
    print(f'{len(rows)} findings: turns precision {right / (right + too_many):.3f}, recall {right / (right + missed):.3f}; '
          f'none too many {clean / len(rows):.3f}, all {whole / len(rows):.3f}', file=sys.stderr)


def main():
    rows = load(sys.argv[1])
    report(rows)
    w = fit(rows).reshape(SIDES, FEATURES)
    print(',\n'.join('{' + ', '.join(f'{v:.4g}' for v in row) + '}' for row in w))


if __name__ == '__main__':
    main()
