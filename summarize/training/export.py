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
    raw = struct.pack('<II', g['inp.weight'].shape[0], g['q.weight'].shape[0])
    raw += matrix(g['inp.weight']) + f32(g['inp.bias'])
    for layer in range(3):
        raw += matrix(g[f'conv.{layer}.weight']) + f32(g[f'conv.{layer}.bias'])
    raw += matrix(g['out.weight']) + f32(g['out.bias']) + f32(g['skip'])
    raw += matrix(g['q.weight']) + f32(g['q.bias']) + matrix(g['k.weight']) + f32(g['k.bias'])
    raw += matrix(g['p.weight']) + matrix(g['role.weight']) + f32(g['role.bias']) + f32(g['none'])
    return raw


def write(path, tables, nets, limits):
    """tables: [(grams, weights, dense, bias)] Korean, English; limits [2][3][4]."""
    raw = b'MTAG' + struct.pack('<I', 1)
    for t in tables:
        raw += table(*t)
    raw += struct.pack('<I', len(nets))
    for n in nets:
        raw += net(n)
    raw += f32(limits)
    with open(path, 'wb') as f:
        f.write(raw)
    return len(raw)
