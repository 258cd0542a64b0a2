#!/usr/bin/env python3
"""A tiny `llama` GGUF with random weights, for there is no real one among the fetched models: byte-level
SentencePiece vocabulary, 2 layers, grouped heads, rope_freqs and linear rope scaling, mixed dtypes.

Usage: make_tiny_llama.py tests/lm/golden/tiny_llama.gguf > tests/lm/golden/llm_tiny_llama.txt
(pip packages: gguf, numpy, llama-cpp-python 0.3.36). The golden file has the form of make_llm.py's.
"""
import sys

import gguf
import llama_cpp
import numpy as np

D, FF, LAYERS, HEADS, KV, HD, CTX = 64, 96, 2, 4, 2, 16, 256
rng = np.random.default_rng(3)
pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + ["▁", "a", "b", "▁a", "ab", "▁ab", "가", "나", "가나", "▁가나", "e", "t", "h", "th", "▁th", "▁the", "he"]
types = [2, 3, 3] + [6] * 256 + [1] * 17
vocab = len(pieces)


def build(path):
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny random llama")
    w.add_context_length(CTX)
    w.add_embedding_length(D)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(FF)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV)
    w.add_rope_dimension_count(HD)
    w.add_rope_freq_base(5000.0)
    w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    w.add_rope_scaling_factor(2.0)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_tokenizer_model("llama")
    w.add_token_list(pieces)
    w.add_token_scores([0.0] * 259 + [-float(i) for i in range(17)])
    w.add_token_types(types)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)

    def mat(name, out, inp, kind):
        x = (rng.standard_normal((out, inp)) * 1.5 / np.sqrt(inp)).astype(np.float32)
        if kind == "f16":
            w.add_tensor(name, x.astype(np.float16))
        elif kind == "f32":
            w.add_tensor(name, x)
        else:
            w.add_tensor(name, gguf.quantize(x, kind), raw_dtype=kind)

    q8, q40, f16 = gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0, "f16"
    mat("token_embd.weight", vocab, D, f16)
    mat("output.weight", vocab, D, "f32")
    w.add_tensor("output_norm.weight", (1 + 0.1 * rng.standard_normal(D)).astype(np.float32))
    w.add_tensor("rope_freqs.weight", np.linspace(1, 4, HD // 2).astype(np.float32))
    for i in range(LAYERS):
        b = f"blk.{i}."
        w.add_tensor(b + "attn_norm.weight", (1 + 0.1 * rng.standard_normal(D)).astype(np.float32))
        w.add_tensor(b + "ffn_norm.weight", (1 + 0.1 * rng.standard_normal(D)).astype(np.float32))
        mat(b + "attn_q.weight", HEADS * HD, D, f16)
        mat(b + "attn_k.weight", KV * HD, D, q8)
        mat(b + "attn_v.weight", KV * HD, D, f16)
        mat(b + "attn_output.weight", D, HEADS * HD, q8)
        mat(b + "ffn_gate.weight", FF, D, f16)
        mat(b + "ffn_up.weight", FF, D, q40)
        mat(b + "ffn_down.weight", D, FF, f16)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    build(sys.argv[1])
    lm = llama_cpp.Llama(sys.argv[1], n_ctx=CTX, n_batch=CTX, n_threads=1, logits_all=True, verbose=False, flash_attn=False)
    for _ in range(5):
        toks = [1] + [int(t) for t in rng.integers(3, vocab, 219)]
        lm.reset()
        lm.eval(toks)
        s = lm.scores[: len(toks)].astype(np.float64)
        lse = np.log(np.exp(s - s.max(1, keepdims=True)).sum(1)) + s.max(1)
        print("tok", *toks)
        print("top", *s.argmax(1))
        print("lp", *(f"{s[i, toks[i + 1]] - lse[i]:.4f}" for i in range(len(toks) - 1)))


main()
