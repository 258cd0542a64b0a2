#!/usr/bin/env python3
"""Trains the meeting tagger on features of the corpus (README.md)."""
import argparse
import collections
import pathlib
import random

import numpy as np
import torch

import corpus
import data
from model import REACH, ROLES, TAGS, TARGETS, Tagger

ROLE_OF = {'S': 0, 'A': 1, 'O': 2, 'R': 3, 'X': 3, 'L': 4, 'C': 5, 'G': 6, 'T': 6}
GOAL_OF = ['P', 'G', 'GTA', 'PGTS', 'QPGT', 'PGTS', 'GT']


class Sample:
    def __init__(self, m, f, vocabulary):
        self.name, self.author = m.name, m.name.split('/')[0]
        self.turns = len(m.turns)
        self.f = f
        self.unit_turn = f.turn
        self.ids = [np.array([vocabulary[g] for g in u.tolist() if g in vocabulary], np.int64) for u in f.gram]
        self.dense, self.pair = f.dense, f.pair
        self.y = np.zeros((self.turns, len(TAGS) + TARGETS), 'f4')
        self.link = np.zeros((self.turns, REACH + 1, len(ROLES)), 'f4')  # last: none
        self.label(m)

    def label(self, m):
        items, stands = m.items(), {(k, i) for k, i, *_ in m.key}
        for t, tags in enumerate(m.tags):
            for tag, item in tags:
                self.y[t, TAGS.index(tag)] = 1
                if tag == 'S' and ('d', item) in stands:
                    self.y[t, len(TAGS)] = 1
                first = min((u for u, x in items[item] if x in 'GT'), default=-1)
                if tag in 'GT' and ('t', item) in stands and t == first:
                    self.y[t, len(TAGS) + 1] = 1
                if tag == 'Q' and ('q', item) in stands and t == min(u for u, x in items[item] if x == 'Q'):
                    self.y[t, len(TAGS) + 2] = 1
                self.label_link(items[item], t, tag)

    def label_link(self, turns, t, tag):
        role = ROLE_OF.get(tag)
        if role is None:
            return
        goals = [t - u - 1 for u, x in turns if x in GOAL_OF[role] and 1 <= t - u <= REACH]
        for g in goals:
            self.link[t, g, role] = 1
        if not goals:
            self.link[t, REACH, role] = 1


def load(features, texts, keep=None):
    found = []
    meetings = {m.name: m for m in corpus.read_all(texts)}
    for path in sorted(pathlib.Path(features).glob('*.bin')):
        author = path.stem.split('-')[0]
        for f in data.read(path):
            m = meetings.get(f'{author}/{f.name[:-5]}')
            if m and len(m.turns) == len(f.speaker):
                found.append((m, f, path.stem))
    return found


def vocabulary_of(pairs, least, most):
    count = collections.Counter()
    for _, f, _ in pairs:
        for g in f.gram:
            count.update(g.tolist())
    ranked = sorted(((c, g) for g, c in count.items() if c >= least), key=lambda x: (-x[0], x[1]))
    return {g: i for i, g in enumerate(sorted(g for _, g in ranked[:most]))}


def collate(samples):
    most = max(s.turns for s in samples)
    ids, offsets, weights, dense, at = [], [], [], [], []
    y = np.zeros((len(samples), most, len(TAGS) + TARGETS), 'f4')
    link = np.zeros((len(samples), most, REACH + 1, len(ROLES)), 'f4')
    pair = np.zeros((len(samples), most, REACH, data.PAIR), 'f4')
    n = 0
    for b, s in enumerate(samples):
        for i, u in enumerate(s.ids):
            offsets.append(n)
            n += len(u)
            ids.append(u)
            weights.append(np.full(len(u), 1 / np.sqrt(len(u) + 4), 'f4'))
            at.append(b * most + s.unit_turn[i])
        dense.append(s.dense)
        y[b, :s.turns], link[b, :s.turns], pair[b, :s.turns] = s.y, s.link, s.pair
    mask = torch.arange(most)[None] < torch.tensor([s.turns for s in samples])[:, None]
    return (torch.from_numpy(np.concatenate(ids)), torch.tensor(offsets), torch.from_numpy(np.concatenate(weights)),
            torch.from_numpy(np.concatenate(dense)), torch.tensor(at), torch.tensor([s.turns for s in samples]),
            torch.from_numpy(pair)), torch.from_numpy(y), torch.from_numpy(link), mask


def link_loss(link, none, want):
    scores = torch.cat([link, none.expand(*link.shape[:2], 1, -1)], 2)
    for d in range(1, REACH + 1):  # no turn before the first
        scores[:, :d, d - 1] = -30
    logp = torch.log_softmax(scores, 2)
    has = want.sum(2) > 0
    right = torch.logsumexp(logp.masked_fill(want == 0, -1e9), 2)
    return -right[has].sum() / max(1, int(has.sum()))


def loss_of(net, batch, o):
    x, y, want, mask = batch
    logit, link, none, alone = net(*x)
    weight = torch.tensor([o.aux] * len(TAGS) + [1.0] * TARGETS)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(
        logit, y, reduction='none', pos_weight=torch.tensor(o.positive))
    loss = (bce * weight)[mask].sum(1).mean()
    # A sentence by itself: the turn's best sentence should show its tags.
    flat = torch.full((y.shape[0] * y.shape[1], alone.shape[1]), -20.0)
    best = flat.scatter_reduce(0, x[4][:, None].expand_as(alone), alone, 'amax').view_as(y)
    own = torch.nn.functional.binary_cross_entropy_with_logits(best, y, reduction='none')
    return loss + 0.3 * own[mask].sum(1).mean() + o.link * link_loss(link, none, want)


def train(samples, grams, o, seed, held=None):
    random.seed(seed)
    torch.manual_seed(seed)
    net = Tagger(grams, bag=o.bag, unit=o.unit, hidden=o.hidden, drop=o.drop, gram_drop=o.gram_drop)
    bag = [p for n, p in net.named_parameters() if n.startswith('bag')]
    rest = [p for n, p in net.named_parameters() if not n.startswith('bag')]
    best = torch.optim.AdamW([{'params': bag, 'weight_decay': o.bag_decay}, {'params': rest}], lr=o.rate, weight_decay=o.decay)
    steps = o.epochs * ((len(samples) + o.batch - 1) // o.batch)
    plan = torch.optim.lr_scheduler.OneCycleLR(best, o.rate, total_steps=steps, pct_start=0.15)
    for epoch in range(o.epochs):
        net.train()
        order, total = random.sample(samples, len(samples)), 0.0
        for i in range(0, len(order), o.batch):
            loss = loss_of(net, collate(order[i:i + o.batch]), o)
            best.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            best.step()
            plan.step()
            total += float(loss.detach())
        if o.verbose:
            print(f'epoch {epoch} loss {total * o.batch / len(order):.3f}', flush=True)
            if held: report(str(epoch), predict([net.eval()], held), held)
    return net.eval()


def predict(nets, samples):
    out = []
    with torch.no_grad():
        for s in samples:
            x, _, _, _ = collate([s])
            results = [net(*x) for net in nets]
            p = torch.stack([torch.sigmoid(r[0][0]) for r in results]).mean(0)
            logp = torch.stack([torch.log_softmax(torch.cat([r[1][0], r[2].expand(s.turns, 1, -1)], 1), 1)
                                for r in results]).mean(0)
            out.append((p.numpy(), logp.numpy()))
    return out


def best_f1(p, y):
    best = (0, 0, 0, 0)
    for th in np.arange(0.05, 0.9, 0.025):
        q = p > th
        tp = (q & (y > 0)).sum()
        f = 2 * tp / max(1, q.sum() + y.sum())
        best = max(best, (f, th, tp / max(1, q.sum()), tp / max(1, y.sum())))
    return best


def report(name, results, samples):
    y = np.concatenate([s.y for s in samples])
    p = np.concatenate([r[0] for r in results])
    text = []
    for k, what in enumerate('DKU'):
        f, th, pr, rc = best_f1(p[:, len(TAGS) + k], y[:, len(TAGS) + k])
        text.append(f'{what} {f:.3f} (P {pr:.2f} R {rc:.2f} @{th:.2f})')
    tags = ' '.join(f'{t} {best_f1(p[:, i], y[:, i])[0]:.2f}' for i, t in enumerate(TAGS))
    links = []
    for r, role in enumerate(ROLES):
        hit = n = 0
        for (_, logp), s in zip(results, samples):
            want = s.link[:, :, r]
            for t in np.nonzero(want.sum(1))[0]:
                hit += want[t, logp[t, :, r].argmax()] > 0
                n += 1
        links.append(f'{role} {hit / max(1, n):.2f}')
    print(name, ' '.join(text), '|', tags, '|', ' '.join(links), flush=True)
    return p, y


def options():
    a = argparse.ArgumentParser()
    a.add_argument('features')
    a.add_argument('texts')
    a.add_argument('--out')
    a.add_argument('--folds', default='k1,k2,k3,e1,e2')
    a.add_argument('--seeds', type=int, default=1)
    a.add_argument('--epochs', type=int, default=25)
    a.add_argument('--batch', type=int, default=8)
    a.add_argument('--rate', type=float, default=4e-3)
    a.add_argument('--decay', type=float, default=0.01)
    a.add_argument('--bag-decay', type=float, default=0.01)
    a.add_argument('--drop', type=float, default=0.4)
    a.add_argument('--gram-drop', type=float, default=0.3)
    a.add_argument('--bag', type=int, default=64)
    a.add_argument('--unit', type=int, default=96)
    a.add_argument('--hidden', type=int, default=64)
    a.add_argument('--aux', type=float, default=0.5)
    a.add_argument('--link', type=float, default=0.5)
    a.add_argument('--positive', type=float, default=1.0)
    a.add_argument('--grams', type=int, default=14000)
    a.add_argument('--least', type=int, default=4)
    a.add_argument('--threads', type=int, default=1)
    a.add_argument('--verbose', action='store_true')
    return a.parse_args()


def main():
    o = options()
    torch.set_num_threads(o.threads)
    pairs = load(o.features, o.texts)
    if o.out:
        raise SystemExit('not yet')
    for fold in o.folds.split(','):
        vocabulary = vocabulary_of([p for p in pairs if p[0].name.split('/')[0] != fold], o.least, o.grams)
        samples = [(Sample(m, f, vocabulary), stem) for m, f, stem in pairs]
        learn = [s for s, _ in samples if s.author != fold]
        held = [s for s, stem in samples if stem == fold]
        if not held:
            continue
        nets = [train(learn, len(vocabulary), o, seed, held) for seed in range(o.seeds)]
        report(fold, predict(nets, held), held)


if __name__ == '__main__':
    main()
