#!/usr/bin/env python3
"""Golden tokenizations of each way to cut words, by llama.cpp: a small byte-level vocabulary whose merges cross every
kind of border, so that a cut in another place gives other tokens (for tests/lm/test_splits.c).

Usage: make_splits.py tests/lm/golden/splits     (pip packages: gguf 0.19, numpy, llama-cpp-python 0.3.36)
splits.gguf is the vocabulary; PRE.txt has lines: the text in hex, the ids.
"""
import ctypes
import os
import random
import re
import sys

import gguf
import llama_cpp as L

PRES = ["qwen2", "llama-bpe", "gpt-2", "exaone", "gpt-4o", "tekken"]
TEXT = ["Hello, World! It's a test; we'll see what they've done, I'D say. DON'T you'Re HTTPServer camelCase XMLHttp iPhone", "def f(x):\n    return x ** 2  # note\n\n\n\tif True:\r\n        pass\r\n",
        "안녕하세요. 오늘 회의를 시작하겠습니다. 김 대리님, 매출이 3,250만 원에서 4.1억 원으로 늘었죠?", "2026년 11월 24일 오후 3시 30분 ㅋㅋㅋ ㄱㄴㄷ 값싼 닭갈비~", "naïve café Ünïcödé ﬁ ² ½ Ⅳ ٣ 一二三 日本語テスト русский Ελληνικά",
        "1234567890 12 345 6789 3.14159 1,000,000 a1b2c3 x2 v10.2", "a/b/c //path/to/file http://x.y/z?q=1&r=2 </tag> [x] {y} <z> --- ... !!! ???\n/\n", "😀 👩‍👩‍👧 🇰🇷 a😀b  😀😀 → ∞ ☕️", "   leading  spaces   and trailing   ", "tabs\t\tand\n\n\nnewlines \n \n x\r\n\r\ny",
        "'s 'S 'll 'LL 'lL ' ''s x' 're've 한's A'B's don't DON'T"]


def to_gpt2():
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    stand = {b: chr(b) for b in plain}
    stand.update({b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in plain)})
    return stand


STAND = to_gpt2()


def train(lines, n):
    """Merges of what stands side by side most often, wherever words end; nothing across a line feed twice as long as eight bytes."""
    seqs = [[bytes([b]) for b in line] for line in lines]
    merges, seen = [], set()
    while len(merges) < n:
        count = {}
        for s in seqs:
            for pair in zip(s, s[1:]):
                if len(pair[0] + pair[1]) <= 8:
                    count[pair] = count.get(pair, 0) + 1
        best = max(count, key=lambda p: (count[p], p))
        if best[0] + best[1] in seen:
            break
        seen.add(best[0] + best[1])
        merges.append(best)
        for s in seqs:
            i = 0
            while i + 1 < len(s):
                if (s[i], s[i + 1]) == best:
                    s[i:i + 2] = [best[0] + best[1]]
                i += 1
    return merges


def printable(b):
    return "".join(STAND[c] for c in b)


def build(path, merges, pre):
    w = gguf.GGUFWriter(path, "llama")
    w.add_context_length(128)
    w.add_embedding_length(32)
    w.add_block_count(1)
    w.add_feed_forward_length(32)
    w.add_head_count(2)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(pre)
    tokens = [printable(bytes([b])) for b in range(256)] + [printable(a + b) for a, b in merges] + ["<|end|>"]
    w.add_token_list(tokens)
    w.add_token_types([1] * (len(tokens) - 1) + [3])
    w.add_token_merges([printable(a) + " " + printable(b) for a, b in merges])
    w.add_eos_token_id(len(tokens) - 1)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def lines():
    rng = random.Random(16)
    out = [t.encode() for t in TEXT]
    pool = "".join(TEXT)
    for _ in range(250):
        n = rng.randrange(1, 40)
        out.append("".join(rng.choice(pool) for _ in range(n)).encode())
    pieces = re.findall(r"\S+|\s+", pool)
    for _ in range(150):
        out.append("".join(rng.choice(pieces) for _ in range(rng.randrange(1, 9))).encode())
    for _ in range(60):
        b = bytearray("".join(rng.choice(pieces) for _ in range(4)).encode())
        b[rng.randrange(len(b))] = rng.randrange(128, 256)
        out.append(bytes(b))
    return out


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    rng = random.Random(3)
    pool = "".join(TEXT)
    noise = ["".join(rng.choice(pool) for _ in range(200)) for _ in range(20)]
    merges = train([t.encode() for t in TEXT + noise], 500)
    texts = lines()
    L.llama_backend_init()
    for pre in PRES:
        path = f"{out}/{pre}.gguf"
        build(path, merges, pre)
        p = L.llama_model_default_params()
        p.vocab_only = True
        model = L.llama_model_load_from_file(path.encode(), p)
        vocab = L.llama_model_get_vocab(model)
        ids = (L.llama_token * 4096)()
        with open(f"{out}/{pre}.txt", "w") as f:
            for t in texts:
                n = L.llama_tokenize(vocab, t, len(t), ids, 4096, False, False)
                print(t.hex() or "-", *ids[:n], file=f)
        if pre != PRES[0]:
            os.remove(path)
    os.rename(f"{out}/{PRES[0]}.gguf", f"{out}/splits.gguf")


main()
