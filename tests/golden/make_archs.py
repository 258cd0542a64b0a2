#!/usr/bin/env python3
"""Small GGUF files of every architecture with random weights, and what llama.cpp makes of them (for tests/lm/test_archs.c).

Usage: make_archs.py tests/lm/golden/archs [NAME...]   (pip packages: gguf 0.19, numpy, llama-cpp-python 0.3.36)
NAME.gguf and NAME.txt: per sequence "tok" the ids, "lp" ln p of the token that follows each (one fewer), "exact" the same
with caches of f32. The window is 32 positions and the trained context 128 of 200, so that both are passed. Without llama-cpp-python only the files are made.
"""
import sys
import zlib

import gguf
import numpy as np

try:
    import llama_cpp
except ImportError:
    llama_cpp = None

Q = gguf.GGMLQuantizationType
PIECES = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(33)] + ["▁", "a", "b", "▁a", "ab", "▁ab", "e", "t", "h", "th", "▁th", "▁the", "he",
          "가", "나", "가나", "▁가나", "o", "n", "on", "in", "▁on", "▁in", "i", "s", "is", "▁is", "d"]
VOCAB = len(PIECES)
SCALES = {"Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_XS": [0], "IQ4_NL": [0], "MXFP4": [], "Q4_1": [0, 2], "Q5_1": [0, 2]}


class File:
    def __init__(self, path, arch, seed, **split):
        self.w = gguf.GGUFWriter(path, arch, **split)
        self.arch = arch
        self.rng = np.random.default_rng(zlib.crc32(seed.encode()))
        self.turn = 0

    def vec(self, name, n, around=1.0):
        self.w.add_tensor(name, (around + 0.2 * self.rng.standard_normal(n)).astype(np.float32))

    def random_blocks(self, out, inp, kind):
        """Any bytes are blocks of a type; the scales are set so that the values are as large as they should be."""
        values, size = gguf.GGML_QUANT_SIZES[kind]
        raw = self.rng.integers(0, 256, (out * inp // values, size), dtype=np.uint8)
        at = SCALES[kind.name]
        if kind == Q.MXFP4:
            raw[:, 0] = 122
        for a in at:
            raw[:, a:a + 2] = np.frombuffer(np.float16(1).tobytes(), np.uint8)
        if len(at) > 1:
            half = {"Q4_1": -7.5, "Q5_1": -15.5, "Q2_K": 1.5, "Q4_K": 7.5, "Q5_K": 15.5}[kind.name]
            raw[:, at[1]:at[1] + 2] = np.frombuffer(np.float16(half).tobytes(), np.uint8)
        scale = 0.3 / (gguf.dequantize(raw, kind).std() * np.sqrt(inp))
        for a in at:
            v = raw[:, a:a + 2].copy().view(np.float16).astype(np.float32) * scale * self.rng.uniform(0.7, 1.4, (len(raw), 1))
            raw[:, a:a + 2] = v.astype(np.float16).view(np.uint8)
        return raw.reshape(out, -1)

    def mat(self, name, out, inp, kinds, gain=1.0):
        kind = kinds[self.turn % len(kinds)]
        self.turn += 1
        if kind.name in SCALES:
            return self.w.add_tensor(name, self.random_blocks(out, inp, kind), raw_dtype=kind)
        x = (self.rng.standard_normal((out, inp)) * gain / np.sqrt(inp)).astype(np.float32)
        if kind == Q.F16:
            return self.w.add_tensor(name, x.astype(np.float16))
        if kind == Q.F32:
            return self.w.add_tensor(name, x)
        self.w.add_tensor(name, gguf.quantize(x, kind), raw_dtype=kind)


def build(path, arch, seed, layers=2, d=32, heads=4, kv=2, hd=16, ff=32, tied=False, bias=False, norms="pre", head_norm=False, joined=False, kinds=(Q.F32,),
          keys=(), factors=(), gain=1.0, **split):
    f = File(path, arch, seed, **split)
    w = f.w
    w.add_name("random weights")
    w.add_context_length(128)
    w.add_embedding_length(d)
    w.add_block_count(layers)
    w.add_feed_forward_length(ff)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_key_length(hd)
    w.add_value_length(hd)
    w.add_rope_dimension_count(hd)
    w.add_layer_norm_rms_eps(1e-5)
    for key, value in keys:
        key = f"{arch}.{key}"
        (w.add_string if isinstance(value, str) else w.add_bool if isinstance(value, bool) else w.add_uint32 if isinstance(value, int) else w.add_float32)(key, value)
    w.add_tokenizer_model("llama")
    w.add_token_list(PIECES)
    w.add_token_scores([0.0] * 36 + [-float(i) for i in range(VOCAB - 36)])
    w.add_token_types([2, 3, 3] + [6] * 33 + [1] * (VOCAB - 36))
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    f.mat("token_embd.weight", VOCAB, d, [Q.F32], 2.0)
    if not tied:
        f.mat("output.weight", VOCAB, d, [Q.F32], 2.0)
    f.vec("output_norm.weight", d)
    for name, scale in factors:
        w.add_tensor(name, np.linspace(1, scale, hd // 2).astype(np.float32))
    for i in range(layers):
        b = f"blk.{i}."
        if norms != "post":
            f.vec(b + "attn_norm.weight", d)
            f.vec(b + "ffn_norm.weight", d)
        if norms != "pre":
            f.vec(b + "post_attention_norm.weight", d)
            f.vec(b + "post_ffw_norm.weight", d)
        if head_norm:
            f.vec(b + "attn_q_norm.weight", hd)
            f.vec(b + "attn_k_norm.weight", hd)
        if joined:
            f.mat(b + "attn_qkv.weight", (heads + 2 * kv) * hd, d, kinds, gain)
        else:
            for name, n in (("q", heads), ("k", kv), ("v", kv)):
                f.mat(b + f"attn_{name}.weight", n * hd, d, kinds, gain)
                if bias:
                    f.vec(b + f"attn_{name}.bias", n * hd, 0.0)
        f.mat(b + "attn_output.weight", d, heads * hd, [k for k in kinds if gguf.GGML_QUANT_SIZES[k][0] <= heads * hd], gain)
        if joined:
            f.mat(b + "ffn_up.weight", 2 * ff, d, kinds, gain)
        else:
            f.mat(b + "ffn_gate.weight", ff, d, kinds, gain)
            f.mat(b + "ffn_up.weight", ff, d, kinds, gain)
        f.mat(b + "ffn_down.weight", d, ff, kinds, gain)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


YARN = [("rope.scaling.type", "yarn"), ("rope.scaling.factor", 4.0), ("rope.scaling.original_context_length", 64), ("rope.freq_base", 10000.0)]
MODELS = {
    "qwen2": dict(arch="qwen2", hd=8, bias=True, tied=True, keys=[("rope.freq_base", 100000.0)]),
    "qwen2_yarn": dict(arch="qwen2", hd=8, bias=True, keys=YARN),
    "qwen3": dict(arch="qwen3", tied=True, head_norm=True, hd=32, keys=[("rope.freq_base", 1000000.0)]),
    "llama3": dict(arch="llama", keys=[("rope.freq_base", 500000.0)], factors=[("rope_freqs.weight", 32)]),
    "llama_linear": dict(arch="llama", tied=True, bias=True, keys=[("rope.scaling.type", "linear"), ("rope.scaling.factor", 2.0)]),
    "gemma2": dict(arch="gemma2", layers=4, tied=True, norms="both", keys=[("attention.sliding_window", 32), ("attn_logit_softcapping", 20.0), ("final_logit_softcapping", 15.0)]),
    "gemma3": dict(arch="gemma3", layers=7, tied=True, norms="both", head_norm=True, heads=4, kv=1,
                   keys=[("attention.sliding_window", 32), ("rope.freq_base", 1000000.0), ("rope.scaling.type", "linear"), ("rope.scaling.factor", 8.0)]),
    "exaone": dict(arch="exaone", keys=[("rope.freq_base", 500000.0)], factors=[("rope_freqs.weight", 8)]),
    "exaone4": dict(arch="exaone4", norms="post", head_norm=True, hd=8, tied=True, factors=[("rope_freqs.weight", 8)]),
    "phi3": dict(arch="phi3", joined=True, hd=8, kv=4, keys=[("rope.scaling.attn_factor", 1.19), ("rope.scaling.original_context_length", 64)],
                 factors=[("rope_factors_long.weight", 16), ("rope_factors_short.weight", 2)]),
    "smollm3": dict(arch="smollm3", hd=8, layers=5, tied=True, keys=[("rope.freq_base", 5000000.0)]),
    "granite": dict(arch="granite", tied=True, keys=[("logit_scale", 8.0), ("residual_scale", 0.22), ("embedding_scale", 12.0), ("attention.scale", 0.015625)]),
    "types": dict(arch="llama", layers=2, gain=0.3, d=256, heads=1, kv=1, hd=64, ff=256,
                  kinds=(Q.Q2_K, Q.Q3_K, Q.Q4_1, Q.Q5_1, Q.IQ4_XS, Q.MXFP4, Q.Q4_K, Q.Q5_K, Q.Q6_K, Q.IQ4_NL, Q.BF16)),
}


def log_probs(path, toks, kind):
    lm = llama_cpp.Llama(path, n_ctx=256, n_batch=256, n_threads=1, logits_all=True, verbose=False, flash_attn=False, type_k=kind, type_v=kind)
    lm.eval(toks)
    s = lm.scores[:len(toks)].astype(np.float64)
    lse = np.log(np.exp(s - s.max(1, keepdims=True)).sum(1)) + s.max(1)
    return [s[i, toks[i + 1]] - lse[i] for i in range(len(toks) - 1)]


def main():
    out = sys.argv[1]
    for name in sys.argv[2:] or MODELS:
        path = f"{out}/{name}.gguf"
        build(path, seed=name, **MODELS[name])
        if not llama_cpp:
            continue
        rng = np.random.default_rng(7)
        with open(f"{out}/{name}.txt", "w") as f:
            for _ in range(2):
                toks = [1] + [int(t) for t in rng.integers(3, VOCAB, 200)]
                print("tok", *toks, file=f)
                for tag, kind in (("lp", 1), ("exact", 0)):  # GGML_TYPE_F16, GGML_TYPE_F32
                    print(tag, *(f"{x:.6f}" for x in log_probs(path, toks, kind)), file=f)
    if not sys.argv[2:]:
        build(f"{out}/parts.gguf", seed="qwen3", split_max_tensors=12, **MODELS["qwen3"])


main()
