#!/usr/bin/env python3
"""Trains the meeting tagger (README.md): leave-one-author-out, then on everything.

    train.py FEATURES CORPUS OUT [--folds k1,e2] [--limits LIMITS] [--threads N]

OUT receives tagger.bin and, for each author, tagger-AUTHOR.bin, which has not seen that author.
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


def first_stage(samples, language):
    """Models by the author left out ('' none), the n-grams, and what each author's turns get from a model that
    has not seen the author."""
    known = stage1.vocabulary_of(samples)
    models, z = {}, {}
    for left_out in sorted({s.author for s in samples}) + ['']:
        models[left_out] = stage1.fit(stage1.Rows([s for s in samples if s.author != left_out], known))
        held = [s for s in samples if s.author == left_out]
        if held:
            found, at = stage1.run(models[left_out], stage1.Rows(held, known)), 0
            for s in held:
                z[s.name] = found[at:at + s.turns]
                at += s.turns
        print(f'{language}: first stage without {left_out or "nobody"}', flush=True)
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
    a.add_argument('--folds', default='k1,e1,k2,e2,k3')
    a.add_argument('--also', help='folder of transcripts in JSON with keys, learnt from in every fold')
    a.add_argument('--seeds', type=int, default=2)
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--limits', default=str(pathlib.Path(__file__).with_name('limits.json')))
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    meetings = {m.name: m for m in corpus.read_all(o.corpus)}
    for path in sorted(pathlib.Path(o.also).glob('*.json')) if o.also else []:
        m = corpus.read_keyed(path)
        meetings[m.name] = m
    samples = data.load(o.features, meetings)
    stages = {n: first_stage([s for s in samples if s.language == n], n) for n in LANGUAGES}
    z = {name: v for n in LANGUAGES for name, v in stages[n][2].items()}
    limits = np.array(json.loads(pathlib.Path(o.limits).read_text()), 'f4')
    out = pathlib.Path(o.out)
    out.mkdir(parents=True, exist_ok=True)
    for left_out in [''] + [f for f in o.folds.split(',') if f]:
        learn = [s for s in samples if s.author != left_out]
        nets = [stage2.fit(learn, z, seed) for seed in range(1 if left_out else o.seeds)]
        tables = [(stages[n][0], *stages[n][1].get(left_out, stages[n][1][''])) for n in LANGUAGES]
        name = f'tagger-{left_out}.bin' if left_out else 'tagger.bin'
        size = export.write(out / name, tables, [n.state_dict() for n in nets], limits)
        print(f'{name}: {size} bytes', flush=True)
        held = [s for s in samples if s.author == left_out]
        if held:
            for clean in (True, False):
                part = [s for s in held if s.clean == clean]
                if part:
                    report(left_out if clean else f'{left_out} varied', stage2.predict(nets, part, z), part)


if __name__ == '__main__':
    main()
