#!/usr/bin/env python3
"""Golden blocks of every quantized type for tests/nn/test_matmul.c: random bytes and what gguf's Python reader makes of them.

Usage: make_blocks.py > tests/nn/golden/blocks.txt        (pip packages: gguf 0.19, numpy)
Each line: the type's name, its number, the block in hex, its values.
"""
import gguf
import numpy as np

rng = np.random.default_rng(16)
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": [],
          "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
for name, at in SCALES.items():
    kind = gguf.GGMLQuantizationType[name]
    values, size = gguf.GGML_QUANT_SIZES[kind]
    for _ in range(2):
        raw = rng.integers(0, 256, size, dtype=np.uint8)
        for a in at:
            raw[a:a + 2] = np.frombuffer(np.float16(rng.uniform(-0.1, 0.1)).tobytes(), np.uint8)
        if name == "MXFP4":
            raw[0] = rng.integers(118, 130)
        y = gguf.dequantize(raw.reshape(1, -1), kind).ravel()
        print(name, int(kind), raw.tobytes().hex(), *(f"{v:.9g}" for v in y))
