#!/usr/bin/env python3
"""Tokens against llama.cpp's on 10,000 lines: 3,000 Korean, 2,000 English, 2,000 of code, 1,000 with emoji, 2,000 of broken UTF-8.

Usage: agree_tokens.py BUILD MODEL.gguf [PRE...]      (pip package: llama-cpp-python)
PRE: ways to cut words that the file's vocabulary is read with instead of its own; "all": every one that lm/tokenizer_load.c knows;
"spaced": SentencePiece with a space before the text.
The lines come from this repository and a fixed seed. Bytes from F4 on are left out: llama.cpp throws on code points past U+10FFFF.
"""
import ctypes
import glob
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

import llama_cpp as L

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
EMOJI = ["😀", "👩‍👩‍👧‍👦", "🇰🇷🇺🇸", "❤️‍🔥", "☕️", "→", "∞", "🧑🏽‍🚀", "👍🏿", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ㅋㅋㅋ", "½", "Ⅳ", "é", "é", "ﬁ", "٣", "ไทย", "русский", "日本", "हिन्दी", "\u200b", "\u3000", "\ufeff"]


def repository():
    """Korean, English and code lines: turns of the written meetings, documents, sources, texts of the page."""
    ko, en, code = set(), set(), set()
    for path in sorted(glob.glob(f"{ROOT}/tests/minutes/**/*.json", recursive=True)):
        if "heldout" not in path:
            for s in json.load(open(path)).get("turns", []):
                (ko if re.search("[가-힣]", s["text"]) else en).add(s["text"])
    for pattern in ("*.md", "docs/*.md", "docs/models/*.md"):
        for path in sorted(glob.glob(f"{ROOT}/{pattern}")):
            en.update(open(path).read().split("\n"))
    for pattern in ("*/*.c", "*/*/*.c", "firmware/web/*/*.js", "tests/*/*.py", "tests/e2e/*.sh"):
        for path in sorted(glob.glob(f"{ROOT}/{pattern}")):
            lines = open(path).read().split("\n")
            for i in range(0, len(lines), 3):
                code.add("\n".join(lines[i:i + 1 + i % 4]))
    for path in sorted(glob.glob(f"{ROOT}/firmware/web/lib/ko.js") + glob.glob(f"{ROOT}/**/*ko*.txt", recursive=True)):
        ko.update(x for x in open(path, errors="ignore").read().split("\n") if re.search("[가-힣]", x))
    return [sorted(x) for x in (ko, en, code)]


def pick(rng, pool, n):
    """n lines: as they stand while there are enough, then two halves of two."""
    out = rng.sample(pool, min(n, len(pool)))
    while len(out) < n:
        a, b = rng.choice(pool), rng.choice(pool)
        out.append(a[:rng.randrange(len(a) + 1)] + b[rng.randrange(len(b) + 1):])
    return out


def with_emoji(rng, line):
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(line) + 1)
        line = line[:at] + rng.choice(EMOJI) + rng.choice(["", " ", "  ", "\n"]) + line[at:]
    return line


def broken(rng, line):
    b = bytearray(line.encode()[:200])
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(b) + 1)
        if rng.random() < 0.4 and b:
            del b[min(at, len(b) - 1)]
        elif rng.random() < 0.5:
            b.insert(at, rng.randrange(0xF4))
        else:
            b = b[:at] + bytes(rng.randrange(0x80, 0xF4) for _ in range(rng.randrange(1, 4))) + b[at:]
    return bytes(b)


def lines():
    rng = random.Random(10000)
    ko, en, code = repository()
    some = [x for x in ko + en + code if x]
    out = [x.encode() for x in pick(rng, ko, 3000) + pick(rng, en, 2000) + pick(rng, code, 2000)]
    out += [with_emoji(rng, rng.choice(some)).encode() for _ in range(1000)]
    return out + [broken(rng, rng.choice(some)) for _ in range(2000)]


def skip(data, at, kind):
    size = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    if kind == 8:
        return at + 8 + struct.unpack_from("<Q", data, at)[0]
    if kind != 9:
        return at + size[kind]
    of, n = struct.unpack_from("<IQ", data, at)
    if of in size:
        return at + 12 + n * size[of]
    at += 12
    for _ in range(n):
        at = skip(data, at, of)
    return at


def vocabulary(path, out, pre):
    """The metadata alone, with another way to cut words."""
    data = open(path, "rb").read(32 << 20)
    magic, version, _, n = struct.unpack_from("<IIQQ", data)
    at, parts = 24, [struct.pack("<IIQQ", magic, version, 0, n)]
    for _ in range(n):
        length = struct.unpack_from("<Q", data, at)[0]
        key = data[at + 8:at + 8 + length]
        end = skip(data, at + 12 + length, struct.unpack_from("<I", data, at + 8 + length)[0])
        if key == b"tokenizer.ggml.pre" and pre not in ("-", "spaced"):
            parts.append(data[at:at + 12 + length] + struct.pack("<Q", len(pre)) + pre.encode())
        elif key == b"tokenizer.ggml.add_space_prefix" and pre == "spaced":
            parts.append(data[at:end - 1] + b"\x01")
        else:
            parts.append(data[at:end])
        at = end
    with open(out, "wb") as f:
        f.write(b"".join(parts))
        f.write(bytes(-f.tell() % 64))


def theirs(path, texts, flags):
    p = L.llama_model_default_params()
    p.vocab_only = True
    model = L.llama_model_load_from_file(path.encode(), p)
    if not model:
        return
    vocab = L.llama_model_get_vocab(model)
    ids = (ctypes.c_int32 * 65536)()
    for t in texts:
        n = L.llama_tokenize(vocab, t, len(t), ids, 65536, bool(flags & 1), bool(flags & 2))
        yield list(ids[:n])
    L.llama_model_free(model)


def compare(build, model, pre, texts):
    with tempfile.TemporaryDirectory() as d:
        only = f"{d}/vocabulary.gguf"
        vocabulary(model, only, pre)
        for flags in (1, 3):
            said = subprocess.run([f"{build}/tests/bench/tokens", only, str(flags)], input="".join((t.hex() or "-") + "\n" for t in texts), text=True, stdout=subprocess.PIPE, check=True)
            ours = [[int(i) for i in x.split()] for x in said.stdout.split("\n")[:-1]]
            assert len(ours) == len(texts)
            peer = list(theirs(only, texts, flags))
            if not peer:
                print(f"{pre}: llama.cpp does not know it")
                continue
            wrong = [(t, a, b) for t, a, b in zip(texts, ours, peer) if a != b]
            print(f"{os.path.basename(model)}, cut as {pre}, flags {flags}: {len(texts)} lines, {sum(map(len, ours))} tokens, {len(wrong)} lines differ", flush=True)
            for t, a, b in wrong[:3]:
                print(f"   {t!r}\n   ours   {a}\n   theirs {b}")
            yield len(wrong)


def main():
    quiet = L.llama_log_callback(lambda *a: None)  # must outlive its use
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    build, model, pres = sys.argv[1], sys.argv[2], sys.argv[3:] or ["-"]
    if pres == ["all"]:
        pres = re.findall(r'\{"([^"]+)", SPLIT_', open(f"{ROOT}/lm/tokenizer_load.c").read())
    texts = lines()
    sys.exit(any([n for pre in pres for n in compare(build, model, pre, texts)]))


main()
