#!/usr/bin/env python3
"""Whispers of every true shape with random weights: encoder and first logits against f32 arithmetic in PyTorch, whisper.cpp beside; memory for 30 s.

Usage: whisper_shapes.py BUILD GGML-BASE.bin FOLDER SHAPE...     (needs torch, numpy; LIBWHISPER names whisper.cpp's library, else it is left out; MEMORY_ONLY=1: memory alone)
SHAPE: small, medium, large-v3, turbo, or SHAPE-TYPE as medium-q5_0 (for memory alone). A file of the shape is written to FOLDER and deleted afterwards (large-v3: 3.1 GB).
Token texts come from GGML-BASE.bin. The sound is noise that swells and fades.
"""
import ctypes
import math
import os
import struct
import subprocess
import sys

import numpy as np

# vocabulary, mels, width, heads, encoder layers, decoder layers
SHAPES = {"base": (51865, 80, 512, 8, 6, 6), "small": (51865, 80, 768, 12, 12, 12), "medium": (51865, 80, 1024, 16, 24, 24), "large-v3": (51866, 128, 1280, 20, 32, 32), "turbo": (51866, 128, 1280, 20, 32, 4)}


def hertz(mel):
    return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)


def filters(mels):
    corner = [hertz(i * 45.245640471924965 / (mels + 1)) for i in range(mels + 2)]
    return np.array([[max(0, min((40 * k - a) / (b - a), (c - 40 * k) / (c - b))) * 2 / (c - a) for k in range(201)] for a, b, c in zip(corner, corner[1:], corner[2:])], np.float32)


def token_texts(path):
    with open(path, "rb") as f:
        data = f.read(4 << 20)
    mels, bins = struct.unpack_from("<2i", data, 48)
    start = at = 56 + 4 * mels * bins
    words, = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(words):
        at += 4 + struct.unpack_from("<i", data, at)[0]
    return data[start:at]


def tensors(shape):
    """Name, dimensions, how wide the values lie and around what."""
    vocab, mels, d, _, enc, dec = SHAPES[shape]
    yield "encoder.positional_embedding", (1500, d), 0.3, 0
    yield "decoder.positional_embedding", (448, d), 0.02, 0
    for i, width in ((1, mels), (2, d)):
        yield f"encoder.conv{i}.weight", (d, width, 3), 1 / math.sqrt(3 * width), 0
        yield f"encoder.conv{i}.bias", (d, 1), 0.1, 0
    for side, layers, last in (("encoder", enc, "ln_post"), ("decoder", dec, "ln")):
        for i in range(layers):
            b = f"{side}.blocks.{i}."
            for part in ("attn",) if side == "encoder" else ("attn", "cross_attn"):
                for n in ("query", "key", "value", "out"):
                    yield b + f"{part}.{n}.weight", (d, d), (0.5 if n == "out" else 1) / math.sqrt(d), 0
                    if n != "key":
                        yield b + f"{part}.{n}.bias", (d,), 0.05, 0
                yield b + f"{part}_ln.weight", (d,), 0.1, 1
                yield b + f"{part}_ln.bias", (d,), 0.05, 0
            yield b + "mlp.0.weight", (4 * d, d), 1 / math.sqrt(d), 0
            yield b + "mlp.0.bias", (4 * d,), 0.05, 0
            yield b + "mlp.2.weight", (d, 4 * d), 0.5 / math.sqrt(4 * d), 0
            yield b + "mlp.2.bias", (d,), 0.05, 0
            yield b + "mlp_ln.weight", (d,), 0.1, 1
            yield b + "mlp_ln.bias", (d,), 0.05, 0
        yield f"{side}.{last}.weight", (d,), 0.1, 1
        yield f"{side}.{last}.bias", (d,), 0.05, 0
    yield "decoder.token_embedding.weight", (vocab, d), 4 / math.sqrt(d), 0


def write(path, shape, base):
    vocab, mels, d, heads, enc, dec = SHAPES[shape]
    rng = np.random.default_rng(len(shape) + d)
    where = {}
    with open(path, "wb") as f:
        f.write(struct.pack("<I11i", 0x67676d6c, vocab, 1500, d, heads, enc, 448, d, heads, dec, mels, 1))
        f.write(struct.pack("<2i", mels, 201) + filters(mels).tobytes() + token_texts(base))
        for name, dims, wide, around in tensors(shape):
            f32 = len(dims) == 1 or dims[-1] == 1 or name.endswith("positional_embedding")
            kind = np.float32 if f32 else np.float16
            x = rng.standard_normal(dims, dtype=np.float32)
            x *= wide
            x += around
            f.write(struct.pack("<3i", len(dims), len(name), 0 if f32 else 1) + struct.pack(f"<{len(dims)}i", *reversed(dims)) + name.encode())
            where[name] = (f.tell(), kind, dims)
            f.write(x.astype(kind).tobytes())
    return where


def reference(path, where, shape, mel, prompt):
    """The network in f32, as the paper has it."""
    import torch
    from torch.nn.functional import conv1d, gelu, layer_norm, scaled_dot_product_attention
    heads, enc, dec = SHAPES[shape][3:]

    def get(name):
        at, kind, dims = where[name]
        return torch.from_numpy(np.fromfile(path, kind, int(np.prod(dims)), offset=at).astype(np.float32).reshape(dims))

    def norm(x, name):
        return layer_norm(x, x.shape[-1:], get(name + ".weight"), get(name + ".bias"))

    def linear(x, name, bias=True):
        y = x @ get(name + ".weight").T
        return y + get(name + ".bias") if bias else y

    def attend(x, y, name, causal=False):
        q, k, v = (linear(a, f"{name}.{n}", n != "key").view(len(a), heads, -1).transpose(0, 1) for a, n in ((x, "query"), (y, "key"), (y, "value")))
        return linear(scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(0, 1).reshape(x.shape), f"{name}.out")

    def blocks(x, side, n, sound):
        for i in range(n):
            b = f"{side}.blocks.{i}"
            h = norm(x, b + ".attn_ln")
            x = x + attend(h, h, b + ".attn", sound is not None)
            if sound is not None:
                x = x + attend(norm(x, b + ".cross_attn_ln"), sound, b + ".cross_attn")
            x = x + linear(gelu(linear(norm(x, b + ".mlp_ln"), b + ".mlp.0")), b + ".mlp.2")
        return x

    with torch.no_grad():
        torch.set_num_threads(2)
        x = gelu(conv1d(torch.from_numpy(mel), get("encoder.conv1.weight"), get("encoder.conv1.bias")[:, 0], padding=1))
        x = gelu(conv1d(x, get("encoder.conv2.weight"), get("encoder.conv2.bias")[:, 0], stride=2, padding=1)).T
        sound = norm(blocks(x + get("encoder.positional_embedding"), "encoder", enc, None), "encoder.ln_post")
        embed = get("decoder.token_embedding.weight")
        x = embed[prompt] + get("decoder.positional_embedding")[:len(prompt)]
        x = norm(blocks(x, "decoder", dec, sound), "decoder.ln")
        return sound.numpy(), (x[-1] @ embed.T).numpy()


def log_mel(pcm, mels):
    """As the reference: mirrored ends, periodic Hann of 400, hop 160."""
    x = np.pad(pcm.astype(np.float64), 200, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.array([np.abs(np.fft.rfft(x[i * 160:i * 160 + 400] * window)) ** 2 for i in range(len(pcm) // 160)])
    m = np.log10(np.maximum(filters(mels).astype(np.float64) @ power.T, 1e-10))
    return ((np.maximum(m, m.max() - 8) + 4) / 4).astype(np.float32)


def whisper_cpp(path, pcm, prompt, vocab):
    lib = ctypes.CDLL(os.environ["LIBWHISPER"])
    lib.whisper_init_from_file.restype = ctypes.c_void_p
    lib.whisper_get_logits.restype = ctypes.POINTER(ctypes.c_float)
    quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *a: None)
    lib.whisper_log_set(quiet, None)
    ctx = ctypes.c_void_p(lib.whisper_init_from_file(path.encode()))
    lib.whisper_pcm_to_mel(ctx, pcm.ctypes.data_as(ctypes.c_void_p), len(pcm), 2)
    lib.whisper_encode(ctx, 0, 2)
    lib.whisper_decode(ctx, (ctypes.c_int * len(prompt))(*prompt), len(prompt), 0, 2)
    logits = np.ctypeslib.as_array(lib.whisper_get_logits(ctx), (len(prompt) * vocab,))[-vocab:].copy()
    lib.whisper_free(ctx)
    return logits


def apart(a, b):
    """Largest and root mean square difference, in units of b's standard deviation."""
    d = (a.astype(np.float64) - b) / b.std()
    return f"{np.abs(d).max():.5f} {np.sqrt((d * d).mean()):.6f}"


def peak(command):
    said = subprocess.run(["/usr/bin/env", "time", "-f", "%M", *command], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return int(said.stderr.strip().split("\n")[-1]) / 1024


def memory(build, path, folder, pcm):
    wav = f"{folder}/sound.wav"
    with open(wav, "wb") as f:
        samples = (pcm * 32767).astype(np.int16).tobytes()
        f.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16, b"data", len(samples)) + samples)
    size = os.path.getsize(path) / 2**20
    used = peak(["timeout", "900", f"{build}/tests/bench/bench_whisper", path, "-l", "en", "-b", "5", "-t", "2", wav])
    print(f"   file {size:.0f} MiB, 30 s in {used:.0f} MiB: {used - size:+.0f}", flush=True)


def main():
    build, base, folder, *shapes = sys.argv[1:]
    t = np.arange(480000) / 16000
    pcm = (0.1 * np.random.default_rng(5).standard_normal(len(t)) * np.abs(np.sin(3 * t)) + 0.1 * np.sin(2 * np.pi * 220 * t * (1 + 0.1 * np.sin(t)))).astype(np.float32)
    pcm.tofile(f"{folder}/sound.f32")
    for name in shapes:
        shape, _, kind = name.partition("-q")
        path = f"{folder}/ggml-{shape}.bin"
        where = write(path, shape, base)
        vocab, mels, d = SHAPES[shape][:3]
        print(name, flush=True)
        if kind:
            sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
            from whisper_types import requantized
            requantized(path, f"{folder}/q.bin", "q" + kind)
            os.replace(f"{folder}/q.bin", path)
        elif "MEMORY_ONLY" not in os.environ:
            sot = 50258
            prompt = [sot, sot + 1, sot + (101 if mels == 80 else 102), sot + (105 if mels == 80 else 106)]
            said = subprocess.run([f"{build}/tests/bench/whisper_first", path, f"{folder}/sound.f32", *map(str, prompt)], stdout=subprocess.PIPE, check=True)
            ours = np.frombuffer(said.stdout, np.float32)[2:]
            sound, logits = reference(path, where, shape, log_mel(pcm, mels), prompt)
            print(f"   encoder against f32: {apart(ours[:1500 * d], sound.ravel())}; first logits: {apart(ours[1500 * d:], logits)}", flush=True)
            if "LIBWHISPER" in os.environ:
                print(f"   whisper.cpp, first logits: {apart(whisper_cpp(path, pcm, prompt, vocab), logits)}", flush=True)
        memory(build, path, folder, pcm)
        os.remove(path)


main()
