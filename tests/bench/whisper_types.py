#!/usr/bin/env python3
"""Error rates of every type that whisper.cpp's files come in, made from one file of f16, with whisper.cpp beside them on the same files.

Usage: whisper_types.py BUILD GGML-F16.bin DIR [TYPE...]     (pip package: pywhispercpp)
DIR holds transcripts.txt (NAME text) beside NAME.flac, Korean; GGML-F16.bin as tests/golden/ct2_to_ggml.py writes it. Beam 5, one thread. Letters only,
as in moim-eval; of each engine's f16 text, where that was told before, how many letters are other. In the environment NO_PEER=1 leaves
whisper.cpp out, TEXTS=FOLDER keeps what was told from call to call.
"""
import ctypes
import glob
import json
import os
import re
import site
import struct
import subprocess
import sys
import tempfile
import time

from edits import edits

# type in the tensors, ftype in the header
TYPES = {"f16": (1, 1), "q8_0": (8, 7), "q6_K": (14, 14), "q5_K": (13, 13), "q5_1": (7, 9), "q5_0": (6, 8), "q4_K": (12, 12), "q4_1": (3, 3), "q4_0": (2, 2), "q3_K": (11, 11), "q2_K": (10, 10)}


def quantizer():
    lib = ctypes.CDLL(glob.glob(f"{site.getsitepackages()[0]}/libggml-base*.so")[0])
    lib.ggml_quantize_chunk.restype = ctypes.c_size_t
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    return lib.ggml_quantize_chunk


def requantized(path, out, name):
    """As whisper.cpp's quantize does: matrices in the type, all else as it is."""
    kind, ftype = TYPES[name]
    quantize, data = quantizer(), open(path, "rb").read()
    head = list(struct.unpack_from("<12i", data))
    head[11] = ftype if kind == 1 else 2000 + ftype
    mels, bins = struct.unpack_from("<2i", data, 48)
    at = 56 + 4 * mels * bins
    words, = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(words):
        at += 4 + struct.unpack_from("<i", data, at)[0]
    with open(out, "wb") as f:
        f.write(struct.pack("<12i", *head) + data[48:at])
        while at < len(data):
            rank, length, of = struct.unpack_from("<3i", data, at)
            dims = struct.unpack_from(f"<{rank}i", data, at + 12)
            label = data[at + 12 + 4 * rank:at + 12 + 4 * rank + length]
            at += 12 + 4 * rank + length
            count = 1
            for d in dims:
                count *= d
            raw = data[at:at + count * (2 if of == 1 else 4)]
            at += len(raw)
            if rank == 2 and of == 1 and kind != 1:
                values = (ctypes.c_float * count)(*struct.unpack(f"<{count}e", raw))
                to = ctypes.create_string_buffer(count * 4)
                size = quantize(kind, values, to, 0, dims[1], dims[0], None)
                raw, of = to.raw[:size], kind
            f.write(struct.pack("<3i", rank, length, of) + struct.pack(f"<{rank}i", *dims) + label + raw)


def letters(text):
    return re.sub("[^0-9a-z가-힣]", "", text.lower())


def ours(build, model, files):
    before = os.times()
    said = subprocess.run([f"{build}/tests/bench/bench_whisper", model, "-l", "ko", "-b", "5", "-n", "1", "-t", "1", *files], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    after = os.times()
    return [json.loads(x)["hyps"][0]["text"] for x in said.stdout.split("\n")[:-1]], after[2] + after[3] - before[2] - before[3]


def theirs(model, files):
    from pywhispercpp.model import Model
    m = Model(model, n_threads=1, params_sampling_strategy=1, beam_search={"beam_size": 5, "patience": -1.0}, print_progress=False, print_realtime=False, redirect_whispercpp_logs_to=None)
    start = time.process_time()
    return [" ".join(s.text for s in m.transcribe(f, language="ko")) for f in files], time.process_time() - start


def main():
    build, source, folder = sys.argv[1:4]
    spoken = dict(x.rstrip("\n").split(" ", 1) for x in open(f"{folder}/transcripts.txt") if " " in x)
    names = [n for n in sorted(spoken) if os.path.exists(f"{folder}/{n}.flac")]
    files, want = [f"{folder}/{n}.flac" for n in names], [letters(spoken[n]) for n in names]
    total, told = sum(map(len, want)), os.environ.get("TEXTS") or tempfile.mkdtemp()
    print(f"{len(files)} recordings, {total} letters\ntype   MB     moim: wrong, CER, CPU s, other than f16    whisper.cpp", flush=True)
    for name in sys.argv[4:] or TYPES:
        with tempfile.TemporaryDirectory() as d:
            model = f"{d}/ggml-base-{name}.bin"
            requantized(source, model, name)
            row = []
            for who in ("moim",) if os.environ.get("NO_PEER") else ("moim", "whisper.cpp"):
                texts, cpu = ours(build, model, files) if who == "moim" else theirs(model, files)
                texts = [letters(t) for t in texts]
                with open(f"{told}/{who}-{name}.json", "w") as f:
                    json.dump(texts, f)
                f16 = f"{told}/{who}-f16.json"
                wrong, other = sum(map(edits, want, texts)), sum(map(edits, json.load(open(f16)), texts)) if os.path.exists(f16) else -1
                row.append(f"{wrong:4} {100 * wrong / total:5.2f} % {cpu:6.1f} {other:4}")
            print(f"{name:6} {os.path.getsize(model) / 1e6:5.0f}   " + "    ".join(row), flush=True)


if __name__ == "__main__":
    main()
