"""Writes the weights of the tagger as summarize/tagger.c reads them."""
import struct

import numpy as np


def pad(raw):
    return raw + bytes(-len(raw) % 4)


def f32(a):
    return np.ascontiguousarray(a, '<f4').tobytes()


def matrix(w):
    """8 bits with a scale a row; rows were rounded to such values in training."""
    w = np.asarray(w, 'f4').reshape(len(w), -1)
    scale = np.maximum(np.abs(w).max(1, keepdims=True) / 127, 1e-12)
    q = np.clip(np.round(w / scale), -127, 127).astype(np.int8)
    return struct.pack('<II', *w.shape) + f32(scale) + pad(q.tobytes())


def table(grams, weights, dense, bias):
    order = np.argsort(np.array(grams, np.uint64))
    grams = np.array(grams, '<u4')[order]
    return struct.pack('<I', len(grams)) + grams.tobytes() + matrix(weights[order]) + f32(dense) + f32(bias)


def net(state):
    g = {k: v.numpy() for k, v in state.items()}
    states = len(g['state.bias']) if 'state.bias' in g else 0
    raw = struct.pack('<III', g['inp.weight'].shape[0], g['q.weight'].shape[0], states)
    if states:
        raw += matrix(g['state.weight']) + f32(g['state.bias'])
    raw += matrix(g['inp.weight']) + f32(g['inp.bias'])
    for layer in range(3):
        raw += matrix(g[f'conv.{layer}.weight']) + f32(g[f'conv.{layer}.bias'])
    raw += matrix(g['out.weight']) + f32(g['out.bias']) + f32(g['skip'])
    raw += matrix(g['q.weight']) + f32(g['q.bias']) + matrix(g['k.weight']) + f32(g['k.bias'])
    raw += matrix(g['p.weight']) + matrix(g['role.weight']) + f32(g['role.bias']) + f32(g['none'])
    return raw


def write(path, tables, without, with_states):
    """tables: [(grams, weights, dense, bias)] Korean, English; without: (nets, limits [2][3][4]); with_states: (nets, limits, mean,
    spread)."""
    raw = b'MTAG' + struct.pack('<I', 2)
    for t in tables:
        raw += table(*t)
    nets, limits = without
    raw += struct.pack('<I', len(nets)) + b''.join(net(n) for n in nets) + f32(limits)
    nets, limits, mean, spread = with_states
    raw += f32(mean) + f32(spread) + struct.pack('<I', len(nets)) + b''.join(net(n) for n in nets) + f32(limits)
    with open(path, 'wb') as f:
        f.write(raw)
    return len(raw)
