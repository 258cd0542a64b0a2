#!/usr/bin/env python3
"""Trains the meeting tagger (README.md): leave-one-author-out, then on everything.

    train.py FEATURES CORPUS OUT [--folds k1,e2] [--limits LIMITS] [--threads N]

OUT receives tagger.bin and, for each group of authors, tagger-FIRST.bin, which has not seen them.
"""
import argparse
import json
import pathlib

import numpy as np
import torch

import corpus
import data
import export
import stage1
import stage2

LANGUAGES = ('ko', 'en')
STATES = 24  # channels
WITHOUT = 0, 5  # seeds of the nets without states
FOLDS = ('k1+hk1+e1+he1+k9+e9+kb,k2+hk2+e2+he2+dev+ka+ea+kc,k3+hk3+e3+he3+eb+ed+kd+eg,k4+hk4+e4+he4+hk7+he7+ec+ke,'
         'k5+e5+hk5+he5+k7+e7+ee+eh+ej,k6+e6+hk6+he6+k8+e8+ef+ei')


def first_stage(samples, language, folds):
    """Models by the fold left out ('' none), the n-grams, and what each author's turns get from a model that
    has not seen the author."""
    known = stage1.vocabulary_of(samples)
    rows, models, z = stage1.Rows(samples, known), {}, {}
    for fold in folds + ['']:
        held = [i for i, s in enumerate(samples) if s.author in fold.split('+')]
        models[fold] = stage1.fit(rows.of([i for i in range(len(samples)) if i not in set(held)]))
        found, at = stage1.run(models[fold], rows.of(held)) if held else (), 0
        for i in held:
            z[samples[i].name] = found[at:at + samples[i].turns]
            at += samples[i].turns
        print(f'{language}: first stage without {fold or "anybody"}', flush=True)
    return known, models, z


def best_f1(p, y):
    limits = np.arange(0.04, 0.9, 0.02)
    hits = [((p > a) & (y > 0)).sum() for a in limits]
    return max((2 * h / max(1, (p > a).sum() + y.sum()), a) for h, a in zip(hits, limits))


def report(author, found, samples):
    p = np.concatenate([found[s.name][0] for s in samples])
    y = np.concatenate([s.y for s in samples])
    names = list(data.TAGS) + ['decision', 'task', 'question']
    print(author, ' '.join(f'{n} {best_f1(p[:, i], y[:, i])[0]:.3f}' for i, n in enumerate(names)), flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('features')
    a.add_argument('corpus')
    a.add_argument('out')
    a.add_argument('--folds', default=FOLDS, help='authors left out together, then the next; all are in one')
    a.add_argument('--also', help='folder of transcripts in JSON with keys, learnt from in every fold')
    a.add_argument('--seeds', type=int, default=3)
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--limits', default=str(pathlib.Path(__file__).with_name('limits.json')))
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    meetings = {m.name: m for m in corpus.read_all(o.corpus)}
    for path in sorted(pathlib.Path(o.also).glob('*.json')) if o.also else []:
        m = corpus.read_keyed(path)
        meetings[m.name] = m
    samples = data.load(o.features, meetings)
    folds = o.folds.split(',')
    mean, spread = stage2.spread_of(samples)
    stage2.scale_states(samples, mean, spread)
    stages = {n: first_stage([s for s in samples if s.language == n], n, folds) for n in LANGUAGES}
    z = {name: v for n in LANGUAGES for name, v in stages[n][2].items()}
    limits = np.array(json.loads(pathlib.Path(o.limits).read_text()), 'f4')  # [without, with][language][kind][4]
    out = pathlib.Path(o.out)
    out.mkdir(parents=True, exist_ok=True)
    for left_out in [''] + folds:
        out_of = left_out.split('+')
        learn = [s for s in samples if s.author not in out_of]
        held = [s for s in samples if s.author in out_of]
        nets = [stage2.fit(learn, z, seed) for seed in WITHOUT], [stage2.fit(learn, z, seed, STATES) for seed in range(o.seeds)]
        tables = [(stages[n][0], *stages[n][1][left_out]) for n in LANGUAGES]
        name = f'tagger-{out_of[0]}.bin' if left_out else 'tagger.bin'
        states = [[n.state_dict() for n in part] for part in nets]
        size = export.write(out / name, tables, (states[0], limits[0]), (states[1], limits[1], mean, spread))
        print(f'{name}: {size} bytes', flush=True)
        for clean in (True, False):
            part = [s for s in held if s.clean == clean]
            for which, kind in zip(nets, ('without states', 'with states')):
                if part:
                    report(f'{left_out} {kind}' if clean else f'{left_out} varied, {kind}', stage2.predict(which, part, z), part)


if __name__ == '__main__':
    main()
