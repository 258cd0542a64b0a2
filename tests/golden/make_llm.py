#!/usr/bin/env python3
"""Golden next-token predictions for tests/lm/test_llm.c, by llama.cpp (llama-cpp-python 0.3.36, CPU, f16 KV cache).

Usage: make_llm.py MODEL.gguf [SEQUENCES LENGTH]... > tests/lm/golden/llm_NAME.txt
Each prompt is continued by seeded sampling (temperature 0.9) with the model itself; then the whole sequence is
evaluated in one go. Per sequence three lines: "tok" the ids, "top" the most probable next id at each position,
"lp" ln p of the token that really follows (one fewer).
"""
import sys

import llama_cpp
import numpy as np

PROMPTS = ["회의를 시작하겠습니다. 오늘 안건은 세 가지입니다. 첫째,", "The meeting was called to order at nine. The first item on the agenda was",
           "지난주 금요일에 서울에서 열린 발표회에서 김 과장은", "It was the best of times, it was the worst of times, and in the city of",
           "Once upon a time there lived in a small village", "대한민국의 수도는 서울이며, 인구는",
           "In machine learning, a transformer is", "어제 비가 많이 와서 약속에 늦었어요. 그래서"]


def main():
    path, shape = sys.argv[1], [int(a) for a in sys.argv[2:]] or [8, 130]
    lm = llama_cpp.Llama(path, n_ctx=1024, n_batch=1024, n_threads=2, logits_all=True, verbose=False, seed=7, flash_attn=False)
    turn = 0
    for count, length in zip(shape[::2], shape[1::2]):
        for _ in range(count):
            prompt = PROMPTS[turn % len(PROMPTS)]
            toks = lm.tokenize(prompt.encode(), add_bos=True, special=False)
            rng = np.random.default_rng(20261124 + turn)
            turn += 1
            lm.reset()
            lm.eval(toks)
            while len(toks) < length:
                z = lm.scores[lm.n_tokens - 1].astype(np.float64) / 0.9
                p = np.exp(z - z.max())
                p[lm.token_eos()] = 0
                p /= p.sum()
                t = int(rng.choice(len(p), p=p))
                toks.append(t)
                lm.eval([t])
            lm.reset()
            lm.eval(toks)
            s = lm.scores[:length].astype(np.float64)
            lse = np.log(np.exp(s - s.max(1, keepdims=True)).sum(1)) + s.max(1)
            print("tok", *toks)
            print("top", *s.argmax(1))
            print("lp", *(f"{s[i, toks[i + 1]] - lse[i]:.4f}" for i in range(length - 1)))


main()
