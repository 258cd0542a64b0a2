#!/usr/bin/env python3
"""Recordings that switch between Korean and English, spliced from cuts of known text, and their score.

    mix_languages.py make EVAL OUT [SECONDS] [SEED]    OUT.wav and OUT.json (pieces: start, end, lang, text)
    mix_languages.py score OUT.json TRANSCRIPT.json    TRANSCRIPT: of `moim transcribe --json OUT.wav`

EVAL holds ko-tedx/*, ko-zeroth, en-librispeech, en-lj. A piece joins a folder's cuts in order, as they are, until 5 to 40 s
are full, then the other language has its turn. The score: share of the pieces' time whose words are of the right
language (a word counts for the time until the next one), Korean CER and English WER over the pieces."""
import argparse
import glob
import json
import os
import random
import re
import subprocess
import wave

RATE = 16000


def decode(path):
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"],
                          stdout=subprocess.PIPE, check=True).stdout


def cuts_of(folder):
    with open(os.path.join(folder, "transcripts.txt"), encoding="utf-8") as f:
        lines = [line.rstrip("\n").split(None, 1) for line in f if line.strip()]
    return [(glob.glob(os.path.join(folder, name) + "*")[0], text) for name, text in lines]


def make(arg):
    rng = random.Random(arg.seed)
    folders = {"ko": sorted(glob.glob(os.path.join(arg.eval, "ko-tedx", "*", ""))) + [os.path.join(arg.eval, "ko-zeroth")],
               "en": [os.path.join(arg.eval, d) for d in ("en-librispeech", "en-lj")]}
    sets = {lang: [cuts_of(f) for f in of] for lang, of in folders.items()}
    at = {lang: [rng.randrange(len(s)) for s in of] for lang, of in sets.items()}
    pcm, pieces, lang = b"", [], "ko"
    while len(pcm) < arg.seconds * RATE * 2:
        k, length = rng.randrange(len(sets[lang])), rng.uniform(5, 40) * RATE * 2
        sound, text = b"", []
        while len(sound) < length - 3 * RATE * 2:
            path, said = sets[lang][k][at[lang][k] % len(sets[lang][k])]
            at[lang][k] += 1
            sound += decode(path)
            text.append(said)
        start = len(pcm) / 2 / RATE
        pcm += sound
        pieces.append({"start": start, "end": len(pcm) / 2 / RATE, "lang": lang, "text": " ".join(text)})
        lang = "en" if lang == "ko" else "ko"
    with wave.open(arg.out + ".wav", "wb") as w:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        w.writeframes(pcm)
    with open(arg.out + ".json", "w", encoding="utf-8") as f:
        json.dump(pieces, f, ensure_ascii=False, indent=1)


def units(text, lang):
    text = text.lower()
    return list(re.sub("[^0-9a-z가-힣]", "", text)) if lang == "ko" else re.sub("[^a-z' ]", "", text.replace("-", " ")).split()


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(corner + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def score(arg):
    pieces = json.load(open(arg.reference, encoding="utf-8"))
    segments = json.load(open(arg.transcript, encoding="utf-8"))["segments"]
    said = [[] for _ in pieces]
    right = [0.0] * len(pieces)
    words, lang = [], ""
    for w in (w for g in segments for w in g["words"]):  # a word's letters tell its language, a figure has its neighbour's
        lang = "ko" if re.search("[가-힣]", w["text"]) else "en" if re.search("[A-Za-z]", w["text"]) else lang
        words.append((w, lang))
    for i, (w, lang) in enumerate(words):
        middle = (w["start"] + w["end"]) / 2
        k = next((k for k, p in enumerate(pieces) if middle < p["end"]), len(pieces) - 1)
        said[k].append(w.get("spoken", w["text"]))
        until = words[i + 1][0]["start"] if i + 1 < len(words) else pieces[-1]["end"]
        for n, p in enumerate(pieces):
            if lang == p["lang"]:
                right[n] += max(0, min(until, p["end"]) - max(w["start"], p["start"]))
    total = {"ko": [0, 0], "en": [0, 0]}
    for p, text, time in zip(pieces, said, right):
        ref, hyp = units(p["text"], p["lang"]), units(" ".join(text), p["lang"])
        wrong = edits(ref, hyp)
        total[p["lang"]][0] += wrong
        total[p["lang"]][1] += len(ref)
        if arg.verbose:
            print(f"{p['start']:6.1f} {p['end']:6.1f} {p['lang']} right {time / (p['end'] - p['start']):4.0%} wrong {wrong}/{len(ref)}")
            print("   said:", p["text"], "\n  heard:", " ".join(text))
    seconds = sum(p["end"] - p["start"] for p in pieces)
    print(f"language right {sum(right) / seconds:.1%} of {seconds:.0f} s, "
          + ", ".join(f"{k} {'CER' if k == 'ko' else 'WER'} {w / max(n, 1):.2%} ({w} of {n})" for k, (w, n) in total.items()))


ap = argparse.ArgumentParser()
sub = ap.add_subparsers(required=True)
m = sub.add_parser("make")
m.add_argument("eval")
m.add_argument("out")
m.add_argument("seconds", nargs="?", type=float, default=240)
m.add_argument("seed", nargs="?", type=int, default=1)
m.set_defaults(run=make)
s = sub.add_parser("score")
s.add_argument("reference")
s.add_argument("transcript")
s.add_argument("--verbose", action="store_true")
s.set_defaults(run=score)
arg = ap.parse_args()
arg.run(arg)
