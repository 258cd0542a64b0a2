"""Makes the tuning data of the speakers: meetings of 1 to 10 known talkers that hold no evaluation speech.

    python3 tests/tuning/make_meetings.py OUT SPEECH PYANNOTE SILERO [SEED]      writes OUT/NAME.wav and OUT/NAME.rttm for `moim-eval speakers`

SPEECH is what make_speech.py wrote (of its five Kokoro voices three: the second and fourth are too like the third), PYANNOTE the unpacked source package pyannote.audio==4.0.7 (its excerpts of AMI
dev, tst, trn06 to trn09; trn00 to trn05 are evaluation and stay out; and its sample.wav), SILERO that of silero-vad==6.2.3 (a lecturer).
Also used: the samples of `moim models fetch`, Debian's pocketsphinx-testdata, flite and espeak-ng. To have enough talkers, long ones are
taken at three speeds besides their own (with the pitch, as speaker recognition multiplies its talkers).

  talk_*   2 to 6 talkers, each in a room of its own, turns of 30 s, with applause, laughter and music between turns and over them
  meet_*   1 to 10 talkers, turns of 1 to 12 s, some of whom say little, noise, level and tone of a turn varying
  lone_*   one talker
  long_*   as meet_*, 2 to 8 talkers for 20 minutes
  ami_*    the excerpts as they are

Needs numpy, soundfile, sox, flite, espeak-ng."""
import glob
import os
import random
import subprocess
import sys

import numpy as np
import soundfile as sf

RATE = 16000


def load(path, sox=()):
    raw = subprocess.run(["sox", "-V1", path, "-r", str(RATE), "-c", "1", "-b", "16", "-t", "raw", "-", *sox], stdout=subprocess.PIPE, check=True).stdout
    x = np.frombuffer(raw, "<i2").astype(np.float32) / 32768
    return x / (np.sqrt(np.mean(x[np.abs(x) > 0.01] ** 2)) + 1e-9) * 0.08


def cuts(x, seconds=6):
    n = int(seconds * RATE)
    return [x[i:i + n] for i in range(0, max(1, len(x) - n // 2), n)]


def turns_alone(path, rttm, name):
    """Stretches of a recording in which one talker alone speaks, 1.5 s and longer."""
    x, rate = sf.read(path, dtype="float32")
    assert rate == RATE
    lines = [w for w in (line.split() for line in open(rttm, encoding="utf-8")) if w[1] == name]
    t = [(float(w[3]), float(w[3]) + float(w[4]), w[7]) for w in lines]
    found = {}
    for start, end, who in t:
        parts = [(start, end)]
        for c, d, other in t:
            if other != who:
                parts = [q for a, b in parts for q in ((a, min(b, c)), (max(a, d), b)) if q[1] - q[0] > 1.5]
        for a, b in sorted(set(parts)):
            cut = x[int(a * RATE):int(b * RATE)]
            found.setdefault(who, []).append(cut / (np.sqrt(np.mean(cut ** 2)) + 1e-9) * 0.08)
    return found


def talkers(speech, pyannote, silero):
    """name -> cuts; long ones have 25 s and more"""
    home = os.path.expanduser("~/.cache/moim/models/samples/")
    austen = sorted(glob.glob("/usr/share/pocketsphinx/test/data/librivox/*.wav"))
    cards = sorted(glob.glob("/usr/share/pocketsphinx/test/data/cards/*.wav"))
    real = {"cities": [home + "two_cities.wav"], "austen": austen, "lecturer": [silero + "/tests/data/test.wav"]}
    who = {}
    for name, files in real.items():
        for speed in ("0.8", "0.9", "1", "1.12", "1.25"):
            who[f"{name}_{speed}"] = cuts(np.concatenate([load(f, ("speed", speed)) for f in files]))
    who["cards"] = cuts(np.concatenate([load(f) for f in cards]))
    x = load(home + "endgame_nagg_nell.wav")
    for name, parts in (("nagg", [(4.82, 7.99), (11.95, 14.05), (17.57, 21.88), (23.72, 27.39)]), ("nell", [(8.71, 11.38), (14.62, 16.98)])):
        who[name] = [x[int(a * RATE):int(b * RATE)] for a, b in parts]
    for i in (0, 2, 4):
        who[f"kokoro{i}"] = [load(f) for f in sorted(glob.glob(speech + "/*.flac"))[i::5]]
    data = pyannote + "/tests/data/"
    for name, rttm in (("dev00", "development"), ("dev01", "development"), ("tst00", "test"), ("tst01", "test"), ("trn06", "train"), ("trn07", "train"),
                       ("trn08", "train"), ("trn09", "train")):
        for k, v in turns_alone(data + name + ".wav", data + f"debug.{rttm}.rttm", name).items():
            who.setdefault(k, []).extend(v)
    sample = pyannote + "/src/pyannote/audio/sample/sample"
    who.update(turns_alone(sample + ".wav", sample + ".rttm", "sample"))
    with open("/usr/share/common-licenses/GPL-3", encoding="utf-8") as f:
        text = " ".join(f.read().split()).replace('"', "")
    for k, voice in enumerate(("awb", "slt", "rms")):
        subprocess.run(["flite", "-voice", voice, "-t", text[3000 + 900 * k:3800 + 900 * k], "-o", "/tmp/flite.wav"], check=True)
        who["flite_" + voice] = cuts(load("/tmp/flite.wav"))
    return who


# ---- what is no speech ----

def applause(rng, seconds):
    n = int(seconds * RATE)
    x = np.zeros(n + RATE, np.float32)
    decay = np.exp(-np.arange(600) / 120).astype(np.float32)
    for _ in range(int(seconds * 180)):
        at = rng.integers(0, n)
        x[at:at + 600] += decay * rng.standard_normal(600).astype(np.float32) * rng.uniform(0.2, 1)
    return x[:n] * np.minimum(1, np.minimum(np.arange(n), n - np.arange(n)) / (0.5 * RATE)) / (np.std(x) + 1e-9) * 0.08


def music(rng, seconds):
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    x = np.zeros(n)
    for at in np.arange(0, seconds, 0.5):
        root = 220 * 2 ** (rng.integers(-5, 8) / 12)
        env = np.where(t >= at, np.exp(-(t - at) * 3), 0)
        for k in (1, 1.26, 1.5):
            for h in (1, 2, 3):
                x += env * np.sin(2 * np.pi * root * k * h * t) / h ** 1.5
    return (x / (np.std(x) + 1e-9) * 0.06).astype(np.float32)


def laughter(rng, seconds):
    n = int(seconds * RATE)
    x = np.zeros(n + 4 * RATE, np.float32)
    for _ in range(10):
        subprocess.run(["espeak-ng", "-v", f"en+{rng.choice(['m1', 'm3', 'f2', 'f4', 'f5'])}", "-p", str(rng.integers(30, 99)), "-s", str(rng.integers(180, 300)), "-w",
                        "/tmp/laugh.wav", "ha ha ha ha ha ha"], check=True)
        y = load("/tmp/laugh.wav")[:3 * RATE]
        at = rng.integers(0, max(1, n - RATE))
        x[at:at + len(y)] += y * rng.uniform(0.2, 1)
    x = x[:n] + 0.3 * applause(rng, seconds)
    return x / (np.std(x) + 1e-9) * 0.07


def noise(rng, seconds):
    x = np.cumsum(rng.standard_normal(int(seconds * RATE)))
    x -= np.convolve(x, np.ones(400) / 400, "same")
    return (x / (np.std(x) + 1e-9) * 0.03).astype(np.float32)


def room(rng, x):
    """Tone, echo and noise floor of a place; the same rng seed gives the same place."""
    n = int(rng.uniform(0.05, 0.3) * RATE)
    tail = rng.standard_normal(n) * np.exp(-np.arange(n) / (n / 5)) * rng.uniform(0.05, 0.25) / 8
    tail[0] = 1
    size = len(x) + n
    y = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)[:len(x)]
    f = np.fft.rfft(y)
    level = np.array([-10, 0, 0, 0, rng.uniform(-12, 3)]) + rng.uniform(-4, 4, 5)
    edge = np.interp(np.linspace(0, 8000, len(f)), [0, 100, 1000, 4000, 8000], 10 ** (level / 20))
    y = np.fft.irfft(f * edge, len(y))
    return (y + rng.standard_normal(len(y)) * 10 ** rng.uniform(-4.3, -2.8)).astype(np.float32)


# ---- recordings ----

class Recording:
    def __init__(self, out, name):
        self.path, self.name, self.x, self.at, self.lines = f"{out}/{name}", name, [], 0, []

    def add(self, x, who=None):
        if who:
            self.lines.append(f"SPEAKER {self.name} 1 {self.at / RATE:.3f} {len(x) / RATE:.3f} <NA> <NA> {who} <NA> <NA>\n")
        self.x.append(x)
        self.at += len(x)

    def write(self):
        x = np.concatenate(self.x)
        sf.write(self.path + ".wav", np.clip(x, -1, 1), RATE)
        with open(self.path + ".rttm", "w", encoding="utf-8") as f:
            f.writelines(self.lines)


def event(rng):
    kind = (applause, laughter, music, noise)[rng.integers(0, 4)]
    return kind(rng, rng.uniform(1, 7))


def of_length(who, place, seconds):
    x = []
    while sum(map(len, x)) < seconds * RATE:
        x.append(who[place[0] % len(who)])
        place[0] += 1
    return np.concatenate(x)[:int(seconds * RATE)]


def family(name):
    return name.split("_")[0]


def choose(rng, names, n):
    """n talkers, no two of them one voice at neighbouring speeds"""
    picked = []
    for k in rng.sample(names, len(names)):
        near = [p for p in picked if family(p) == family(k) and "_" in k and k[-1].isdigit()]
        if all(abs(float(p.split("_")[1]) - float(k.split("_")[1])) > 0.25 for p in near):
            picked.append(k)
    return picked[:n]


def talk(out, i, who, rng, np_rng):
    names = [k for k in sorted(who) if sum(map(len, who[k])) >= 25 * RATE]
    rec, picked = Recording(out, f"talk_{i:02d}"), choose(rng, names, 2 + i % 5)
    order = picked + rng.sample(picked[:-1], rng.randint(0, min(2, len(picked) - 1)))
    place = {k: [rng.randrange(100)] for k in picked}
    seed = {k: int(np_rng.integers(1 << 30)) for k in picked}
    for k in order:
        x = room(np.random.default_rng(seed[k]), of_length(who[k], place[k], 30))
        if np_rng.random() < 0.6:
            e = event(np_rng)
            at = np_rng.integers(0, len(x) - len(e))
            x[at:at + len(e)] += e * 10 ** (np_rng.uniform(-15, 0) / 20)
        rec.add(x, k)
        if np_rng.random() < 0.5:
            rec.add(event(np_rng))
    rec.write()


def meet(name, n, least, who, rng, np_rng):
    names = [k for k in sorted(who) if sum(map(len, who[k])) >= 7 * RATE]
    rec, picked = Recording(*os.path.split(name)), choose(rng, names, n)
    place, seed = {k: [0] for k in picked}, int(np_rng.integers(1 << 30))
    share = {k: np_rng.uniform(0.15, 1) for k in picked}
    said, last = dict.fromkeys(picked, 0), None
    while min(said.values()) < 7 or rec.at < least * RATE:
        few = [k for k in picked if said[k] < 7 and k != last]
        k = rng.choices(picked, [share[p] for p in picked])[0]
        k = rng.choice(few) if few and rng.random() < 0.5 else k
        if k == last and n > 1:
            continue
        x = of_length(who[k], place[k], float(np.clip(np_rng.lognormal(1.3, 0.7), 1, 12)))
        rec.add(room(np.random.default_rng(seed), x) * 10 ** (np_rng.uniform(-5, 5) / 20), k)
        said[k] += len(x) / RATE
        last = k
        gap = np_rng.random()
        if gap < 0.1:
            rec.add(event(np_rng) * 10 ** (np_rng.uniform(-10, 0) / 20))
        elif gap < 0.5:
            rec.add((np_rng.standard_normal(int(np_rng.uniform(0.2, 1.5) * RATE)) * 1e-3).astype(np.float32))
    rec.write()


def lone(out, i, who, rng, np_rng):
    name = rng.choice([k for k in sorted(who) if sum(map(len, who[k])) >= 25 * RATE])
    rec = Recording(out, f"lone_{i:02d}")
    for part in range(1 + i % 4):
        x = of_length(who[name], [rng.randrange(20)], (5, 12, 30, 60)[i % 4])
        rec.add(room(np.random.default_rng(i), x), name)
        if i % 2:
            rec.add(event(np_rng))
    rec.write()


def excerpts(out, pyannote):
    data = pyannote + "/tests/data/"
    for name, rttm in (("dev00", "development"), ("dev01", "development"), ("tst00", "test"), ("tst01", "test"), ("trn06", "train"), ("trn07", "train"),
                       ("trn08", "train"), ("trn09", "train")):
        x, rate = sf.read(data + name + ".wav")
        sf.write(f"{out}/ami_{name}.wav", x, rate)
        with open(f"{out}/ami_{name}.rttm", "w", encoding="utf-8") as f:
            f.writelines(" ".join([w[0], f"ami_{name}", *w[2:]]) + "\n" for w in (line.split() for line in open(data + f"debug.{rttm}.rttm", encoding="utf-8")) if w[1] == name)


def main():
    out, speech, pyannote, silero = sys.argv[1:5]
    os.makedirs(out, exist_ok=True)
    who = talkers(speech, pyannote, silero)
    for k in sorted(who):
        print(k, " ".join(f"{len(c) / RATE:.1f}" for c in who[k]))
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 11
    rng, np_rng = random.Random(seed), np.random.default_rng(seed)
    for i in range(20):
        talk(out, i, who, rng, np_rng)
    for i in range(30):
        meet(f"{out}/meet_{i:02d}", 1 + i % 10, 60, who, rng, np_rng)
    for i in range(12):
        lone(out, i, who, rng, np_rng)
    for i in range(4):
        meet(f"{out}/long_{i:02d}", 2 + 2 * i, 1200, who, rng, np_rng)
    excerpts(out, pyannote)


if __name__ == "__main__":
    main()
