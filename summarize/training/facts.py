#!/usr/bin/env python3
"""Learns how probably a sentence is a fact that minutes keep (summarize/facts.c): logistic regressions to the `!point` lines of the corpus.

    moim-eval features --facts JSON/AUTHOR FACTS/AUTHOR.tsv        # for every author
    facts.py FACTS FEATURES CORPUS >summarize/fact_weights.inc     # FEATURES: of train.py, for the states of turns

Prints average precision of five-fold cross-validation by author to standard error."""
import collections
import pathlib
import sys

import numpy as np
from scipy.optimize import minimize

import data

RIDGE, SHRINK = 3.0, 0.3  # of the weights; of the states, which are many


def points(path):
    """Turn -> lists of words of its facts."""
    found = collections.defaultdict(list)
    for line in path.read_text(encoding='utf-8').splitlines():
        if line.startswith('!point '):
            turn, _, words = line[7:].partition('|')
            found[int(turn)].append([w.strip().casefold() for w in words.split(',') if w.strip()])
    return found


def load(facts, features, folder):
    """Of all sentences: author, whether a fact is meant by it, what it rests on, the state of its turn."""
    authors, labels, rests, states = [], [], [], []
    for path in sorted(pathlib.Path(facts).glob('*.tsv')):
        state = {f.name: f.state for f in data.read(pathlib.Path(features) / f'{path.stem}.bin')}
        meetings = collections.defaultdict(list)
        for line in path.read_text(encoding='utf-8').splitlines():
            name, turn, numbers, text = line.split('\t', 3)
            if not name[0].isdigit():  # a short talk
                continue
            meetings[name].append((int(turn), [float(x) for x in numbers.split()], text.casefold()))
        for name, rows in meetings.items():
            y = np.zeros(len(rows))
            for turn, facts_of in points(pathlib.Path(folder, path.stem, name).with_suffix('.txt')).items():
                at = [i for i, row in enumerate(rows) if row[0] == turn]
                for words in facts_of if at else ():
                    held = [sum(w in rows[i][2] for w in words) for i in at]
                    if max(held):
                        y[at[int(np.argmax(held))]] = 1
            labels.append(y)
            authors += [path.stem] * len(rows)
            rests += [row[1] for row in rows]
            states.append(state[name][[row[0] for row in rows]])
    return np.array(authors), np.concatenate(labels), np.array(rests), np.concatenate(states)


def fit(x, y):
    def loss(w):
        s = x @ w
        return np.logaddexp(0, s).sum() - s @ y + RIDGE / 2 * (w @ w), x.T @ (1 / (1 + np.exp(-s)) - y) + RIDGE * w

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method='L-BFGS-B', options=dict(maxiter=200)).x


def average_precision(s, y):
    y = y[np.argsort(-s)]
    return (np.cumsum(y) / np.arange(1, len(y) + 1))[y > 0].mean()


def report(what, x, y, authors):
    fold = np.unique(authors, return_inverse=True)[1] % 5
    s = np.zeros(len(y))
    for k in range(5):
        s[fold == k] = x[fold == k] @ fit(x[fold != k], y[fold != k])
    print(f'{what}: {average_precision(s, y):.3f}', file=sys.stderr, flush=True)


def put(w):
    print('    {' + ', '.join(f'{v:#.4g}F' for v in w) + '},')


def main():
    authors, y, x, state = load(*sys.argv[1:4])
    korean = np.array([a.lstrip('h')[0] == 'k' for a in authors])
    learnt = []
    for part, name in ((korean, 'Korean'), (~korean, 'English')):
        mean, spread = state[part].mean(0), state[part].std(0) / SHRINK + 1e-3
        both = np.concatenate([x[part], (state[part] - mean) / spread], 1)
        report(f'{name} without states', x[part], y[part], authors[part])
        report(f'{name} with states', both, y[part], authors[part])
        w = fit(both, y[part])
        own, of_state = w[:x.shape[1]], w[x.shape[1]:] / spread
        own[0] -= of_state @ mean  # the first feature is 1
        learnt.append((fit(x[part], y[part]), own, of_state))
    for k in range(3):
        print('{')
        for language in learnt:
            put(language[k])
        print('},')


if __name__ == '__main__':
    main()
