#!/usr/bin/env python3
"""A Whisper of CTranslate2 in another type, by CTranslate2's own code; vocabulary.txt may become vocabulary.json.

Usage: ct2_quantize.py DIR OUT int8|int8_float16|int8_bfloat16|float16|bfloat16|float32      (pip package: ctranslate2)
"""
import json
import os
import shutil
import struct
import sys

import ctranslate2
import numpy as np

src, dst, kind = sys.argv[1:]
data = open(f"{src}/model.bin", "rb").read()
pos = 0


def take(fmt):
    global pos
    v = struct.unpack_from("<" + fmt, data, pos)
    pos += struct.calcsize("<" + fmt)
    return v


def text():
    global pos
    n, = take("H")
    pos += n
    return data[pos - n:pos - 1].decode()


TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
take("I"), text(), take("I")
have = {}
for _ in range(take("I")[0]):
    name = text()
    dims = take(f"{take('B')[0]}I")
    kind_id, size = *take("B"), *take("I")
    have[name] = np.frombuffer(data, TYPES[kind_id], size // np.dtype(TYPES[kind_id]).itemsize, pos).reshape(dims)
    pos += size
for _ in range(take("I")[0]):
    alias, name = text(), text()
    have[alias] = have[name]
layers = [sum(f"{s}/layer_{i}/ffn/linear_0/weight" in have for i in range(64)) for s in ("encoder", "decoder")]
heads = have["decoder/embeddings/weight"].shape[1] // 64
spec = ctranslate2.specs.WhisperSpec(layers[0], heads, layers[1], heads)


def fill(node, name):
    for key, value in list(vars(node).items()):
        path = f"{name}/{key}" if name else key
        if isinstance(value, list):
            for i, v in enumerate(value):
                fill(v, f"{path}_{i}")
        elif hasattr(value, "__dict__") and not key.startswith("_"):
            fill(value, path)
        elif path in have and not key.startswith("_"):
            v = have[path]
            setattr(node, key, v.astype(np.float32) if v.dtype == np.float16 else v)


fill(spec, "")
words = open(f"{src}/vocabulary.txt", encoding="utf-8").read().split("\n")[:have["decoder/embeddings/weight"].shape[0]]
spec.register_vocabulary(words)
spec.validate()
spec.optimize(quantization=kind)
os.makedirs(dst, exist_ok=True)
config = json.load(open(f"{src}/config.json"))
for key in ("suppress_ids", "suppress_ids_begin", "alignment_heads", "lang_ids"):
    if key in config and hasattr(spec.config, key):
        setattr(spec.config, key, config[key])
spec.save(dst)
for extra in ("tokenizer.json",):
    if os.path.exists(f"{src}/{extra}"):
        shutil.copy(f"{src}/{extra}", dst)
print(*sorted(os.listdir(dst)))
