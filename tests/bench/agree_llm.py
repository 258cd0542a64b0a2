#!/usr/bin/env python3
"""Log-probabilities against llama.cpp's (without flash attention), computed here and now: two sequences of 201 tokens a file.

Usage: agree_llm.py BUILD MODEL.gguf...     (pip packages: llama-cpp-python, numpy)
Columns: the engines with f16 caches, both with f32 caches; llama.cpp against itself, in batches of 200 and one token at a time.
"""
import os
import subprocess
import sys
import tempfile

import llama_cpp
import numpy as np

F32, F16 = 0, 1
TEXT = ["회의를 시작하겠습니다. 오늘 안건은 세 가지입니다. 첫째, 지난달 매출과 비용을 함께 살펴보고, 둘째, 다음 분기의 채용 계획을 정하고, 셋째, 이사 날짜를 확정하려고 합니다. ",
        "The meeting was called to order at nine. The first item on the agenda was the budget for the next quarter, which had grown by twelve percent since March. "]


def log_probs(path, sequences, kind, batch):
    lm = llama_cpp.Llama(path, n_ctx=256, n_batch=batch, n_ubatch=batch, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False, flash_attn=False, type_k=kind, type_v=kind)
    for toks in sequences:
        lm.reset()
        lm.eval(toks)
        s = lm.scores[:len(toks)].astype(np.float64)
        lse = np.log(np.exp(s - s.max(1, keepdims=True)).sum(1)) + s.max(1)
        yield np.array([s[i, toks[i + 1]] - lse[i] for i in range(len(toks) - 1)])


def sequences(path):
    lm = llama_cpp.Llama(path, n_ctx=8, vocab_only=True, verbose=False)
    n, rng = lm.n_vocab(), np.random.default_rng(7)
    if n < 1000:
        return [[1] + [int(t) for t in rng.integers(3, n, 200)] for _ in range(2)]
    return [lm.tokenize((t * 8).encode(), add_bos=True, special=False)[:201] for t in TEXT]


def ours(build, path, seqs, *options):
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("".join("tok " + " ".join(map(str, s)) + "\n" for s in seqs))
        f.flush()
        said = subprocess.run([f"{build}/tests/bench/bench_llm", "-t", "1", *options, "score", path, f.name], text=True, stdout=subprocess.PIPE, check=True)
    return [np.array([float(v) for v in line.split()[1:]]) for line in said.stdout.split("\n")[:-1]]


def apart(a, b):
    d = np.abs(np.concatenate(list(a)) - np.concatenate(list(b)))
    return f"{d.max():.6f} {d.mean():.6f}"


def main():
    build = sys.argv[1]
    print(f"{'file':28} {'f16: largest, mean':20} {'f32: largest, mean':20} llama.cpp against itself")
    for path in sys.argv[2:]:
        seqs = sequences(path)
        theirs = list(log_probs(path, seqs, F16, 256))
        row = [apart(ours(build, path, seqs), theirs), apart(ours(build, path, seqs, "-x"), log_probs(path, seqs, F32, 256)),
               apart(log_probs(path, seqs, F16, 1), theirs)]
        print(f"{os.path.basename(path)[:28]:28} " + " ".join(f"{x:20}" for x in row), flush=True)


main()
