#!/usr/bin/env python3
"""What the network gives for tests/summarize/golden/tagger-*.json, computed by PyTorch from the weights' file.

    moim-eval features tests/summarize/golden FEATURES.bin
    golden.py summarize/models/tagger.bin FEATURES.bin tests/summarize/golden

One line a turn: probabilities of the 14 tags, then the log-probabilities that it is linked to the turn before and to
none, 7 each.
"""
import pathlib
import struct
import sys

import numpy as np
import torch

import data
import stage1
import stage2


class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def u32(self):
        self.at += 4
        return struct.unpack_from('<I', self.raw, self.at - 4)[0]

    def floats(self, *shape):
        n = int(np.prod(shape))
        self.at += 4 * n
        return np.frombuffer(self.raw, '<f4', n, self.at - 4 * n).reshape(shape).copy()

    def matrix(self):
        rows, cols = self.u32(), self.u32()
        scale = self.floats(rows, 1)
        q = np.frombuffer(self.raw, np.int8, rows * cols, self.at).reshape(rows, cols)
        self.at += (rows * cols + 3) // 4 * 4
        return q * scale

    def table(self):
        n = self.u32()
        grams = np.frombuffer(self.raw, '<u4', n, self.at).astype(np.int64)
        self.at += 4 * n
        return grams, (self.matrix(), self.floats(data.DENSE, stage1.COLUMNS), self.floats(stage1.TAGS))

    def net(self):
        hidden, link, states = self.u32(), self.u32(), self.u32()
        net = stage2.Net(hidden, link, states=states)
        state = {}

        def layer(name, bias=True):
            state[f'{name}.weight'] = self.matrix()
            if bias:
                state[f'{name}.bias'] = self.floats(len(state[f'{name}.weight']))

        if states:
            layer('state')
        layer('inp')
        for n in range(stage2.LAYERS):
            layer(f'conv.{n}')
            state[f'conv.{n}.weight'] = state[f'conv.{n}.weight'].reshape(hidden, hidden, stage2.KERNEL)
        layer('out')
        state['skip'] = self.floats(stage2.TAGS)
        layer('q')
        layer('k')
        layer('p', bias=False)
        layer('role')
        state['none'] = self.floats(len(data.ROLES))
        net.load_state_dict({k: torch.from_numpy(np.asarray(v, 'f4')) for k, v in state.items()})
        return net.eval()


def read_all(path):
    """Tables by language, networks without and with states, mean and spread of states."""
    r = Reader(pathlib.Path(path).read_bytes())
    assert r.raw[:4] == b'MTAG'
    r.at = 8
    tables = {'ko': r.table(), 'en': r.table()}
    without = [r.net() for _ in range(r.u32())]
    r.floats(2, 3, 4)
    mean, spread = r.floats(data.STATE), r.floats(data.STATE)
    return tables, without, [r.net() for _ in range(r.u32())], mean, spread


class Unlabelled:
    """A meeting of which nothing is to be learnt, as data.Sample."""

    def __init__(self, f):
        self.name, self.f, self.turns = f.name, f, len(f.speaker)
        self.dense = np.zeros((self.turns, data.DENSE), 'f4')
        np.maximum.at(self.dense, f.turn, f.dense)
        self.y = np.zeros((self.turns, 14), 'f4')
        self.link = np.zeros((self.turns, data.REACH + 1, 7), 'f4')


def main():
    tables, without, with_states, mean, spread = read_all(sys.argv[1])
    for f in data.read(sys.argv[2]):
        language = f.name.rsplit('-', 1)[1].split('.')[0]
        sample = Unlabelled(f)
        grams, model = tables[language]
        z = {f.name: stage1.run(model, stage1.Rows([sample], grams))}
        at = np.arange(f.state.size, dtype=np.int64).reshape(f.state.shape)
        made_up = ((at * 37 % 101).astype('f4') - 50) / 1000  # in place of the encoder's, so that the test needs none
        sample.state = (made_up - mean) / spread
        for nets, name in ((without, 'tagger'), (with_states, 'tagger-states')):
            p, link = stage2.predict(nets, [sample], z)[f.name]
            rows = np.concatenate([p, np.maximum(link[:, 0], -60), link[:, data.REACH]], 1)
            out = pathlib.Path(sys.argv[3]) / f'{name}-{language}.txt'
            out.write_text('\n'.join(' '.join(f'{v:.6f}' for v in row) for row in rows) + '\n')


if __name__ == '__main__':
    main()
