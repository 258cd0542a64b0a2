"""What other programs hear of the table of inputs (tests/audio/inputs_table.h), beside moim: the rows of docs/inputs.md.

  peer_inputs.py [--words] [--whisper-cpp GGML]    prints the rows in which one of them differs, as Markdown

Needs ffmpeg, build/tests/audio/test_inputs, faster-whisper and, for whisper.cpp, pywhispercpp with a model in its form
(tests/golden/ct2_to_ggml.py). Each program opens the files as it does by itself: faster-whisper by PyAV; whisper.cpp's server with
--convert by `ffmpeg -ar 16000 -ac 1`. A sound that is as long and as loud as it must be is the truth; what differs is recognised,
with --words by the same weights, and its words are compared with those that the same program makes of the truth.
"""
import argparse, json, os, re, subprocess, sys, tempfile
import numpy as np

from edits import edits

parser = argparse.ArgumentParser()
parser.add_argument("--words", action="store_true", help="recognise what differs; minutes")
parser.add_argument("--whisper-cpp", metavar="GGML")
args = parser.parse_args()
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
cache = os.environ.get("MOIM_MODELS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
moim = os.environ.get("MOIM") or os.path.join(root, "build", "moim")


def words(text):
    return re.sub(r"[^a-z ]", "", text.lower()).split()


def by_ffmpeg(path):
    p = subprocess.run(["ffmpeg", "-v", "quiet", "-nostdin", "-i", path, "-ac", "1", "-ar", "16000", "-f", "s16le", "-"], capture_output=True)
    return np.frombuffer(p.stdout, np.int16).astype(np.float32) / 32768 if p.returncode == 0 and p.stdout else None


def by_pyav(path):
    from faster_whisper.audio import decode_audio
    try:
        pcm = decode_audio(path, sampling_rate=16000)
    except Exception:
        return None
    return pcm if len(pcm) else None


def by_moim(path):
    p = subprocess.run([moim, "transcribe", "--quiet", "--json", "--lang", "en", "--channels", "mix", path], capture_output=True, text=True)
    if p.returncode:
        return None
    doc = json.loads(p.stdout)
    return doc["duration_s"], words(" ".join(s["text"] for s in doc["segments"]))


def faster_whisper():
    from faster_whisper import WhisperModel
    model = WhisperModel(os.path.join(cache, "whisper-base"), device="cpu", compute_type="int8", cpu_threads=2)
    return lambda pcm: words(" ".join(s.text for s in model.transcribe(pcm, language="en", beam_size=5)[0]))


def whisper_cpp():
    from pywhispercpp.model import Model
    model = Model(args.whisper_cpp, n_threads=2, print_progress=False, print_realtime=False, language="en")
    return lambda pcm: words(" ".join(s.text for s in model.transcribe(np.ascontiguousarray(pcm))))


def decibel(pcm):
    return 10 * np.log10(np.mean(np.square(pcm.astype(np.float64))) + 1e-10)


known = {}


def heard(recognise, name, truth):
    """The words of what must come out, once for each sound."""
    key = (name, truth.tobytes())
    if key not in known:
        known[key] = recognise(truth)
    return known[key]


def verdict(pcm, truth, recognise, name):
    if truth is None:
        return "refused" if pcm is None else "%.1f s of something" % (len(pcm) / 16000)
    if pcm is None:
        return "refused"
    late, loud = len(pcm) / 16000 - len(truth) / 16000, decibel(pcm) - decibel(truth)
    if abs(late) < 0.12 and abs(loud) < 1:
        return ""
    said = ["%+.1f s" % late] if abs(late) >= 0.12 else []
    said += ["silence" if loud < -50 else "%+.0f dB" % loud] if abs(loud) >= 1 else []
    if recognise:
        want = heard(recognise, name, truth)
        wrong = edits(want, recognise(pcm))
        said.append("%d of %d words wrong" % (wrong, len(want)) if wrong else "the words")
    return ", ".join(said)


def our_sound(path, truth):
    """The length alone: build/tests/audio/test_inputs compares the rest."""
    p = subprocess.run([moim, "import", "--quiet", "--no-process", "--channels", "mix", "--db", path + ".db", path], capture_output=True, text=True)
    if truth is None or p.returncode:
        return "refused" if p.returncode else "taken in"
    late = json.loads(subprocess.run([moim, "list", "--json", "--db", path + ".db"], capture_output=True, text=True, check=True).stdout)[0]["duration_s"] - len(truth) / 16000
    return "%+.1f s" % late if abs(late) >= 0.12 else "whole"


def ours(path, truth):
    got = by_moim(path)
    if truth is None or got is None:
        return "refused" if got is None else "%.1f s of something" % got[0]
    truth.tofile(path + ".raw")
    subprocess.run(["sox", "-r", "16000", "-e", "float", "-b", "32", "-c", "1", path + ".raw", path + ".true.wav"], check=True)
    want = heard(lambda _: by_moim(path + ".true.wav")[1], "moim", truth)
    wrong, late = edits(want, got[1]), got[0] - len(truth) / 16000
    return ", ".join((["%+.1f s" % late] if abs(late) >= 0.12 else []) + (["%d of %d words wrong" % (wrong, len(want))] if wrong else [])) or "the words"


with tempfile.TemporaryDirectory() as folder:
    rows = subprocess.run([os.path.join(root, "build/tests/audio/test_inputs"), "--files", folder], capture_output=True, text=True, check=True).stdout
    fast, cpp = faster_whisper() if args.words else None, whisper_cpp() if args.words and args.whisper_cpp else None
    print("| file | moim | faster-whisper | whisper.cpp, by ffmpeg |\n|---|---|---|---|")
    same = 0
    for line in rows.splitlines():
        name, what = line.split("\t")
        path = os.path.join(folder, name)
        truth = np.fromfile(path + ".truth", np.float32) if os.path.exists(path + ".truth") else None
        a = verdict(by_pyav(path), truth, fast, "faster-whisper")
        b = verdict(by_ffmpeg(path), truth, cpp, "whisper.cpp")
        usual = "" if truth is not None else "refused"
        if a == usual and b == usual:
            same += 1
            continue
        print(f"| {what} | {(ours if args.words else our_sound)(path, truth)} | {a or 'whole'} | {b or 'whole'} |", flush=True)
    print(f"\n{same} rows are the same for all.")
