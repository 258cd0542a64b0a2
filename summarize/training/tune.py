#!/usr/bin/env python3
"""Goes on training the tagger's weights with meetings of further authors (README.md), in less than a minute.

    tune.py FEATURES CORPUS OUT --weights tagger.bin --without FOLDER [--folds hk3+he3,k4+e4]

FOLDER holds tagger-AUTHOR.bin of train.py for the authors that the weights know; of all others the weights' own first
stage serves, which has not seen them. OUT receives tagger.bin and, for each group of authors, tagger-FIRST.bin, which
has not seen them. The n-grams stay as they are. Weights half way between those before and those after are no worse on
the new authors and keep more of what was known (docs/experiments.md): --share.
"""
import argparse
import json
import pathlib
import random

import numpy as np
import torch

import corpus
import data
import export
import golden
import stage1
import stage2

LANGUAGES = ('ko', 'en')


def read(path):
    r = golden.Reader(pathlib.Path(path).read_bytes())
    r.at = 8
    tables = {n: r.table() for n in LANGUAGES}
    return tables, [r.net() for _ in range(r.u32())]


def first_sums(samples, tables, without):
    """What each meeting's turns get from a first stage that has not seen their author."""
    z = {}
    for author in sorted({s.author for s in samples}):
        held = [s for s in samples if s.author == author]
        path = pathlib.Path(without) / f'tagger-{author}.bin'
        known, model = (read(path)[0] if path.exists() else tables)[held[0].language]
        found, at = stage1.run(model, stage1.Rows(held, known)), 0
        for s in held:
            z[s.name] = found[at:at + s.turns]
            at += s.turns
    return z


def tune_net(net, old, new, z, seed, epochs, rate=1.5e-3):
    """As many meetings of the authors known already as of new ones, others in each epoch."""
    random.seed(seed)
    torch.manual_seed(seed)
    net.train()
    best = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(best, epochs * ((2 * len(new) + 7) // 8) + 2)
    for _ in range(epochs):
        for batch in stage2.batches(new + random.sample(old, min(len(old), len(new))), 8):
            stage2.step(net, batch, z, best, plan)
    stage2.round_weights(net)
    return net.eval()


def between(before, after, share):
    return [b + share * (a - b) for b, a in zip(before, after)]


def share_net(before, after, share):
    old, new = before.state_dict(), after.state_dict()
    after.load_state_dict(dict(zip(old, between(old.values(), [new[k] for k in old], share))))
    stage2.round_weights(after)
    return after


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('features')
    a.add_argument('corpus')
    a.add_argument('out')
    a.add_argument('--weights', required=True)
    a.add_argument('--without', required=True)
    a.add_argument('--folds', default='')
    a.add_argument('--steps', type=int, default=8)
    a.add_argument('--epochs', type=int, default=3)
    a.add_argument('--share', type=float, default=0.5, help='of the way from the weights before to those after')
    a.add_argument('--limits', default=str(pathlib.Path(__file__).with_name('limits.json')))
    o = a.parse_args()
    torch.set_num_threads(1)
    samples = data.load(o.features, {m.name: m for m in corpus.read_all(o.corpus)})
    limits = np.array(json.loads(pathlib.Path(o.limits).read_text()), 'f4')
    tables = read(o.weights)[0]
    z = first_sums(samples, tables, o.without)
    known = {p.stem.partition('-')[2] for p in pathlib.Path(o.without).glob('tagger-*.bin')}
    out = pathlib.Path(o.out)
    out.mkdir(parents=True, exist_ok=True)
    for left_out in [f for f in o.folds.split(',') if f] + ['']:
        learn = [s for s in samples if s.author not in left_out.split('+')]
        first = []
        for n in LANGUAGES:
            rows = stage1.Rows([s for s in learn if s.language == n], tables[n][0])
            tuned = stage1.fit(rows, steps=o.steps, rate=0.01, start=tables[n][1])
            first.append((tables[n][0], *between(tables[n][1], tuned, o.share)))
        old, new = [s for s in learn if s.author in known], [s for s in learn if s.author not in known]
        nets = [share_net(before, tune_net(net, old, new, z, seed, o.epochs), o.share)
                for seed, (before, net) in enumerate(zip(read(o.weights)[1], read(o.weights)[1]))]
        name = f'tagger-{left_out.split("+")[0]}.bin' if left_out else 'tagger.bin'
        print(name, export.write(out / name, first, [n.state_dict() for n in nets], limits), 'bytes', flush=True)


if __name__ == '__main__':
    main()
