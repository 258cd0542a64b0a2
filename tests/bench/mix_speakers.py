#!/usr/bin/env python3
"""Meetings of known speakers out of single-speaker recordings, for `moim-eval speakers`: turns of 30 s, from a fixed seed.

    mix_speakers.py [--without TALKER]... SOURCE OUT [COUNT] [SEED]

SOURCE holds a folder for each talker with its cuts as *.flac (../shared/eval/ko-tedx). Each of COUNT mixes (20) takes 2 to 6
talkers in turn (so that each number of them comes equally often), each once and up to two of them again, never one after
itself. A turn joins a talker's cuts in order, as they are, until 30 s are full. The reference, OUT/mixNN.rttm, has one
line a turn: pauses within it count as its talker's speech. OUT should not be inside the checkout.

--without leaves a folder out. ko-tedx/un4qbATrmx8 needs it: that talk is given by two people (they say so in its first cut, act
doctor and patient in 0234 to 0245, and speak at 115 and 200 Hz), so that "one talker a folder" makes a wrong reference of it."""
import argparse
import glob
import os
import random
import subprocess
import wave

RATE, TURN = 16000, 30


def decode(path):
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"],
                          stdout=subprocess.PIPE, check=True).stdout


def turn(cuts, at):
    """The next 30 s of a talker, from cut number at on; the number of the cut after it."""
    pcm = b""
    while len(pcm) < TURN * RATE * 2:
        pcm += decode(cuts[at % len(cuts)])
        at += 1
    return pcm[:TURN * RATE * 2], at


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("source")
    ap.add_argument("out")
    ap.add_argument("count", nargs="?", type=int, default=20)
    ap.add_argument("seed", nargs="?", type=int, default=1)
    ap.add_argument("--without", action="append", default=[])
    arg = ap.parse_args()
    source, out, count, seed = arg.source, arg.out, arg.count, arg.seed
    talkers = sorted(os.path.basename(os.path.dirname(d)) for d in glob.glob(os.path.join(source, "*", "")))
    talkers = [t for t in talkers if t not in arg.without]
    cuts = {t: sorted(glob.glob(os.path.join(source, t, "*.flac"))) for t in talkers}
    rng = random.Random(seed)
    os.makedirs(out, exist_ok=True)
    for m in range(count):
        who = rng.sample(talkers, 2 + m % 5)
        order = who + rng.sample(who[:-1], rng.randint(0, min(2, len(who) - 1)))
        place = {t: rng.randrange(len(cuts[t])) for t in who}
        name = os.path.join(out, f"mix{m:02d}")
        with wave.open(name + ".wav", "wb") as w, open(name + ".rttm", "w") as rttm:
            w.setparams((1, 2, RATE, 0, "NONE", ""))
            for i, t in enumerate(order):
                pcm, place[t] = turn(cuts[t], place[t])
                w.writeframes(pcm)
                rttm.write(f"SPEAKER mix{m:02d} 1 {i * TURN:.3f} {TURN:.3f} <NA> <NA> {t} <NA> <NA>\n")


main()
