#!/usr/bin/env python3
"""Meetings of known speakers out of single-speaker recordings, for `moim-eval speakers`, from a fixed seed.

    mix_speakers.py [--without TALKER]... SOURCE OUT [COUNT] [SEED]
    mix_speakers.py --meeting [--dry] [--spread DB] [--without TALKER]... [--talker PATH[:FROM-TO]]... SOURCE OUT [COUNT] [SEED]

SOURCE holds a folder for each talker with its cuts as *.flac (../shared/eval/ko-tedx). Each of COUNT mixes (20) takes 2 to 6
talkers in turn (so that each number of them comes equally often), each once and up to two of them again, never one after
itself. A turn joins a talker's cuts in order, as they are, until 30 s are full. The reference, OUT/mixNN.rttm, has one
line a turn: pauses within it count as its talker's speech. OUT should not be inside the checkout.

--without leaves a folder out. ko-tedx/un4qbATrmx8 needs it: that talk is given by two people (they say so in its first cut, act
doctor and patient in 0234 to 0245, and speak at 115 and 200 Hz), so that "one talker a folder" makes a wrong reference of it.

--meeting makes what people do to each other at a table: 180 s of turns of 1.5 to 12 s; somebody else's "yes" (a stretch of 0.3 to
1 s between two pauses of that talker's own speech) about every 7 s, mostly while the other goes on; turns that begin before
the last one ends, until two speak for 10 % of the time with speech; everybody at a place of a room of their own, one microphone
1 to 4 m away (image sources of a box, reverberation of 0.3 to 0.7 s; --dry leaves the room out; --spread: the first talker is as
loud as ever, the last by DB quieter, the others between them). The reference is the speech of the
recordings before the room: louder than 30 % of the way, in dB, from the talker's quiet frames to the loud ones, pauses
up to 0.5 s filled. Needs numpy.
--talker names a folder or a part of a file (seconds) as one more talker, and SOURCE "-" has none."""
import argparse
import glob
import os
import random
import subprocess
import tempfile
import wave

RATE, TURN = 16000, 30
FRAME = 160  # samples that are speech or not
PAUSE = 10  # frames without speech that part two phrases
LENGTH = 180  # seconds of a --meeting


def decode(path, cut=()):
    return subprocess.run(["ffmpeg", "-v", "error", *cut, "-i", path, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"],
                          stdout=subprocess.PIPE, check=True).stdout


def decode_all(paths):
    """One after the other, by one process."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
        f.writelines(f"file '{os.path.abspath(p)}'\n" for p in paths)
        f.flush()
        return decode(f.name, ("-f", "concat", "-safe", "0"))


def turn(cuts, at):
    """The next 30 s of a talker, from cut number at on; the number of the cut after it."""
    pcm = b""
    while len(pcm) < TURN * RATE * 2:
        pcm += decode(cuts[at % len(cuts)])
        at += 1
    return pcm[:TURN * RATE * 2], at


def take_turns(name, recording, who, cuts, rng):
    order = who + rng.sample(who[:-1], rng.randint(0, min(2, len(who) - 1)))
    place = {t: rng.randrange(len(cuts[t])) for t in who}
    with wave.open(name + ".wav", "wb") as w, open(name + ".rttm", "w") as rttm:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        for i, t in enumerate(order):
            pcm, place[t] = turn(cuts[t], place[t])
            w.writeframes(pcm)
            rttm.write(f"SPEAKER {recording} 1 {i * TURN:.3f} {TURN:.3f} <NA> <NA> {t} <NA> <NA>\n")


class Talker:
    """All that somebody says, at one loudness, and where speech lies in it."""

    def __init__(self, pcm):
        import numpy as np
        pcm = np.frombuffer(pcm, np.int16).astype(np.float32)
        pcm = pcm[:len(pcm) // FRAME * FRAME]
        level = 20 * np.log10(np.sqrt(np.mean(pcm.reshape(-1, FRAME) ** 2, axis=1)) + 1)
        floor, loud = np.percentile(level, 2), np.percentile(level, 95)
        self.pcm = pcm * (2000 / 10 ** (loud / 20))
        on = np.convolve(level, np.ones(3) / 3, "same") > floor + 0.3 * (loud - floor)
        self.phrases = stretches(on, PAUSE)
        self.short = [(a, b) for a, b in stretches(on, PAUSE)[1:-1] if 30 <= b - a <= 100]
        self.at = 0

    def say(self, length):
        """The next phrases, length frames of them or a little more, as (first frame, last frame, phrases)."""
        first = k = self.at % len(self.phrases)
        while k + 1 < len(self.phrases) and self.phrases[k][1] - self.phrases[first][0] < length:
            k += 1
        self.at = k + 1
        return self.phrases[first][0], self.phrases[k][1], self.phrases[first:k + 1]

    def sound(self, first, last):
        """With the ends of its first and last sounds."""
        return self.pcm[max(0, first - 5) * FRAME:(last + 5) * FRAME], min(5, first)


def stretches(on, gap):
    """[first, last) of what is on, gaps shorter than gap filled, blips under 8 frames left out."""
    out = []
    for i in [i for i, x in enumerate(on) if x]:
        if out and i - out[-1][1] < gap:
            out[-1][1] = i + 1
        else:
            out.append([i, i + 1])
    return [(a, b) for a, b in out if b - a >= 8]


def room(source, mic, size, t60):
    """The impulse response of a box by image sources (Allen and Berkley, 1979), from its direct sound on."""
    import numpy as np
    volume, surface = size[0] * size[1] * size[2], 2 * (size[0] * size[1] + size[1] * size[2] + size[0] * size[2])
    reflect = max(0.05, 1 - 0.161 * volume / (surface * t60)) ** 0.5
    reach = [int(t60 * 343 / (2 * s)) + 1 for s in size]
    n = np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij")
    out = np.zeros(int(t60 * RATE) + 1, np.float32)
    direct = sum((source[i] - mic[i]) ** 2 for i in range(3)) ** 0.5
    for p in range(8):
        far, bounces = 0, 0
        for i in range(3):
            q = p >> i & 1
            far = far + ((1 - 2 * q) * source[i] + 2 * n[i] * size[i] - mic[i]) ** 2
            bounces = bounces + abs(n[i] - q) + abs(n[i])
        far = np.sqrt(far).ravel()
        at = ((far - direct) / 343 * RATE).round().astype(int)
        keep = at < len(out)
        out += np.bincount(at[keep], (reflect ** bounces.ravel() / far)[keep], len(out)).astype(np.float32)
    return out


def seats(rng, who):
    """An impulse response for everybody, all in one room."""
    size = (rng.uniform(4, 8), rng.uniform(3, 6), rng.uniform(2.4, 3.2))
    t60 = rng.uniform(0.3, 0.7)
    mic = (size[0] / 2, size[1] / 2, 0.8)
    out = {}
    for t in who:
        place = None
        while not place or not 1 <= sum((a - b) ** 2 for a, b in zip(place, mic)) ** 0.5 <= 4:
            place = (rng.uniform(0.4, size[0] - 0.4), rng.uniform(0.4, size[1] - 0.4), rng.uniform(1.1, 1.4))
        out[t] = room(place, mic, size, t60)
    return out


def overlap(on):
    """Share of the time with speech that has two talkers or more."""
    import numpy as np
    count = np.sum(list(on.values()), axis=0)
    return (count > 1).sum() / max(1, (count > 0).sum())


def meet(name, recording, who, talkers, rng, room_rng, spread):
    import numpy as np
    frames = LENGTH * RATE // FRAME
    dryness = {t: np.zeros((frames + 3000) * FRAME, np.float32) for t in who}
    on = {t: np.zeros(frames + 3000, bool) for t in who}

    def put(t, first, last, phrases, at):
        pcm, lead = talkers[t].sound(first, last)
        start = (at - lead) * FRAME
        dryness[t][start:start + len(pcm)] += pcm
        for a, b in phrases:
            on[t][at + a - first:at + b - first] = True

    for t in who:
        talkers[t].at = rng.randrange(len(talkers[t].phrases))
    at, last_end, speaking = 20, 20, None
    while at < frames:
        speaking = rng.choice([t for t in who if t != speaking])
        first, last, phrases = talkers[speaking].say(rng.uniform(150, 1200))
        put(speaking, first, last, phrases, at)
        end = at + last - first
        for _ in range(int((end - at) / 700 + rng.random())):
            other = rng.choice([t for t in who if t != speaking and talkers[t].short] or [speaking])
            a, b = rng.choice(talkers[other].short or [(0, 0)])
            spot = rng.randrange(at + 50, max(at + 51, end - 20))
            if b > a and not on[other][spot - 30:spot + b - a + 30].any():
                put(other, a, b, [(a, b)], spot)
        at = end - rng.randint(30, 150) if overlap(on) < 0.1 else end + rng.randint(10, 80)
        at = max(at, last_end)
        last_end = end
    sound = np.zeros(frames * FRAME, np.float32)
    responses = {t: np.ones(1, np.float32) for t in who} if not room_rng else seats(room_rng, who)
    with open(name + ".rttm", "w") as rttm:
        lines = []
        for t in who:
            pcm, ir = dryness[t][:frames * FRAME], responses[t]
            pcm = pcm * 10 ** (-spread * who.index(t) / (len(who) - 1) / 20)
            size = 1 << (len(pcm) + len(ir)).bit_length()
            sound += np.fft.irfft(np.fft.rfft(pcm, size) * np.fft.rfft(ir, size), size)[:len(pcm)].astype(np.float32)
            lines += [(a / 100, (b - a) / 100, t) for a, b in stretches(on[t][:frames], 50)]
        for a, length, t in sorted(lines):
            rttm.write(f"SPEAKER {recording} 1 {a:.3f} {length:.3f} <NA> <NA> {t} <NA> <NA>\n")
    sound *= 20000 / max(1, abs(sound).max())
    with wave.open(name + ".wav", "wb") as w:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        w.writeframes(sound.astype(np.int16).tobytes())
    return overlap({t: o[:frames] for t, o in on.items()})


def named_talker(text):
    """A folder, or FILE:FROM-TO in seconds: its name and its sound."""
    path, _, part = text.partition(":")
    name = os.path.basename(os.path.splitext(path.rstrip("/"))[0])
    if not part:
        return name, Talker(decode_all(sorted(glob.glob(os.path.join(path, "*.flac")))))
    start, end = part.split("-")
    return name, Talker(decode(path, ("-ss", start, "-to", end)))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("source")
    ap.add_argument("out")
    ap.add_argument("count", nargs="?", type=int, default=20)
    ap.add_argument("seed", nargs="?", type=int, default=1)
    ap.add_argument("--without", action="append", default=[])
    ap.add_argument("--meeting", action="store_true")
    ap.add_argument("--dry", action="store_true")
    ap.add_argument("--spread", type=float, default=0)
    ap.add_argument("--talker", action="append", default=[])
    arg = ap.parse_args()
    source, out, count, seed = arg.source, arg.out, arg.count, arg.seed
    talkers = sorted(os.path.basename(os.path.dirname(d)) for d in glob.glob(os.path.join(source, "*", "")))
    talkers = [t for t in talkers if t not in arg.without]
    cuts = {t: sorted(glob.glob(os.path.join(source, t, "*.flac"))) for t in talkers}
    rng = random.Random(seed)
    os.makedirs(out, exist_ok=True)
    if arg.meeting:
        cuts = {t: Talker(decode_all(cuts[t])) for t in talkers}
        cuts.update(map(named_talker, arg.talker))
        talkers = sorted(cuts)
    for m in range(count):
        who = rng.sample(talkers, 2 + m % min(5, len(talkers) - 1))
        recording = f"mix{m:02d}"
        name = os.path.join(out, recording)
        if arg.meeting:
            share = meet(name, recording, who, cuts, rng, None if arg.dry else random.Random(f"{seed} {m}"), arg.spread)
            print(f"{recording}: {len(who)} talkers, {100 * share:.0f} % of the time with speech has more than one")
        else:
            take_turns(name, recording, who, cuts, rng)


main()
