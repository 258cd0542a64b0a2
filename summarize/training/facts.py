#!/usr/bin/env python3
"""Learns how probably a sentence is a fact that minutes keep (summarize/facts.c).

    moim-eval features --facts JSON/AUTHOR FACTS/AUTHOR.tsv        # for every author
    facts.py --sentences >S.tsv && moim-eval states --questions S.tsv S.bin
    facts.py FACTS FEATURES CORPUS S >summarize/fact_weights.inc   # FEATURES: of train.py, for the states of turns

Two steps. Logistic regressions to the `!point` lines of the corpus; then, over these, the features again and the state of the sentence by
itself, to what readers said of 9,000 of its sentences (facts/ko.tsv, en.tsv: G a fact that stands by itself, W one that is weak or needs
the turns around it, X none; 1, a quarter, 0). Prints average precision of five-fold cross-validation by author to standard error."""
import collections
import pathlib
import sys

import numpy as np
from scipy.optimize import minimize

import data

RIDGE, SHRINK = 3.0, 0.3  # of the weights; of the states, which are many
READ_RIDGE, READ_RIDGE_STATE = 2.0, 20.0
FOLDS = 5
WORTH = dict(G=1.0, W=0.25, X=0.0)


def read_codes():
    """(author/meeting, sentence) -> code."""
    folder = pathlib.Path(__file__).parent / 'facts'
    return data.codes(folder / 'ko.tsv') | data.codes(folder / 'en.tsv')


def points(path):
    """Turn -> lists of words of its facts."""
    found = collections.defaultdict(list)
    for line in path.read_text(encoding='utf-8').splitlines():
        if line.startswith('!point '):
            turn, _, words = line[7:].partition('|')
            found[int(turn)].append([w.strip().casefold() for w in words.split(',') if w.strip()])
    return found


def load(facts, features, folder, codes):
    """Of all sentences: author, whether a fact is meant by it, what it rests on, the state of its turn, what readers said, its text."""
    authors, labels, rests, states, said, texts = [], [], [], [], [], []
    for path in sorted(pathlib.Path(facts).glob('*.tsv')):
        state = {f.name: f.state for f in data.read(pathlib.Path(features) / f'{path.stem}.bin')}
        meetings = collections.defaultdict(list)
        for line in path.read_text(encoding='utf-8').splitlines():
            name, turn, numbers, text = line.split('\t', 3)
            if not name[0].isdigit():  # a short talk
                continue
            meetings[name].append((int(turn), [float(x) for x in numbers.split()], text))
        for name, rows in meetings.items():
            y = np.zeros(len(rows))
            for turn, facts_of in points(pathlib.Path(folder, path.stem, name).with_suffix('.txt')).items():
                at = [i for i, row in enumerate(rows) if row[0] == turn]
                for words in facts_of if at else ():
                    held = [sum(w in rows[i][2].casefold() for w in words) for i in at]
                    if max(held):
                        y[at[int(np.argmax(held))]] = 1
            labels.append(y)
            authors += [path.stem] * len(rows)
            rests += [row[1] for row in rows]
            states.append(state[name][[row[0] for row in rows]])
            texts += [row[2].strip() for row in rows]
            said += [codes.get((f'{path.stem}/{pathlib.Path(name).stem}', row[2].strip()), '') for row in rows]
    return np.array(authors), np.concatenate(labels), np.array(rests), np.concatenate(states), np.array(said), texts


def fit(x, y, ridge=RIDGE):
    def loss(w):
        s = x @ w
        return np.logaddexp(0, s).sum() - s @ y + (ridge * w * w).sum() / 2, x.T @ (1 / (1 + np.exp(-s)) - y) + ridge * w

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method='L-BFGS-B', options=dict(maxiter=200)).x


def average_precision(s, y):
    y = y[np.argsort(-s)]
    return (np.cumsum(y) / np.arange(1, len(y) + 1))[y > 0].mean()


def left_out(x, y, fold, ridge=RIDGE):
    s = np.zeros(len(y))
    for k in range(FOLDS):
        s[fold == k] = x[fold == k] @ fit(x[fold != k], y[fold != k], ridge)
    return s


def show(what, s, *labels):
    print(f'{what}:', ', '.join(f'{average_precision(s, y):.3f}' for y in labels), file=sys.stderr, flush=True)


def learn(name, authors, y, x, state, said, own):
    """Weights of features without an encoder and with one, of the turn's state, of the sentence's."""
    fold = np.unique(authors, return_inverse=True)[1] % FOLDS
    mean, spread = state.mean(0), state.std(0) / SHRINK + 1e-3
    both = np.concatenate([x, (state - mean) / spread], 1)
    old = left_out(x, y, fold), left_out(both, y, fold)
    w = fit(both, y)
    first, turn = w[:x.shape[1]], w[x.shape[1]:] / spread
    first[0] -= turn @ mean  # the first feature is 1
    read = said != ''
    good, some, soft = said[read] == 'G', said[read] != 'X', np.array([WORTH[c] for c in said[read]])
    for what, s in zip(('without', 'with'), old):
        show(f'{name} {what} states, points of authors', s, y)
        show(f'{name} {what} states, readers (G, G or W)', s[read], good, some)
    n = x.shape[1]
    plain = np.c_[x[read], old[0][read]]
    show(f'{name} without an encoder, readers', left_out(plain, soft, fold[read], READ_RIDGE), good, some)
    own_mean, own_spread = own.mean(0), own.std(0) / SHRINK + 1e-3
    full, ridge = np.c_[x[read], old[1][read], (own - own_mean) / own_spread], np.r_[np.full(n + 1, READ_RIDGE), np.full(data.STATE, READ_RIDGE_STATE)]
    show(f'{name} with an encoder, readers', left_out(full, soft, fold[read], ridge), good, some)
    a, b = fit(plain, soft, READ_RIDGE), fit(full, soft, ridge)
    sentence = b[n + 1:] / own_spread
    with_ = b[:n] + b[n] * first
    with_[0] -= sentence @ own_mean
    return a[:n] + a[n] * fit(x, y), with_, b[n] * turn, sentence


def put(w):
    print('    {' + ', '.join(f'{v:#.4g}F' for v in w) + '},')


def main():
    own = data.own_states(sys.argv[4])
    authors, y, x, state, said, texts = load(*sys.argv[1:4], read_codes())
    korean = np.array([a.lstrip('h')[0] == 'k' for a in authors])
    learnt = []
    for part, name in ((korean, 'Korean'), (~korean, 'English')):
        vectors = np.array([own[texts[i]] for i in np.flatnonzero(part & (said != ''))])
        learnt.append(learn(name, authors[part], y[part], x[part], state[part], said[part], vectors))
    for k in range(4):
        print('{')
        for language in learnt:
            put(language[k])
        print('},')


if __name__ == '__main__':
    data.put_texts(text for _, text in read_codes()) if sys.argv[1:] == ['--sentences'] else main()
