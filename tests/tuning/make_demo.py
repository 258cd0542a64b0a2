"""Makes the spoken meeting of `make demo`: docs/samples/meeting-en.ogg, Opus, from the text beside it. The voices are synthetic.
The Korean meeting of the demo is a transcript: these voices' Korean is too far from the real thing.

    python3 tests/tuning/make_demo.py docs/samples       reads meeting-en.txt: "Name: what is said" a line
"""
import os, subprocess, sys
import numpy as np
import soundfile as sf
from kokoro import speak

out = sys.argv[1]
VOICES = {"en": (0, 4)}  # a woman and a man
for lang in VOICES:
    sound, names = [], []
    for line in open(f"{out}/meeting-{lang}.txt", encoding="utf-8"):
        name, text = line.strip().split(": ", 1)
        if name not in names:
            names.append(name)
        for sentence in text.replace("? ", "?|").replace(". ", ".|").split("|"):
            sound += [speak(sentence, lang, VOICES[lang][names.index(name)], 1.0), np.zeros(24000 * 3 // 10, np.float32)]
        sound.append(np.zeros(24000 // 2, np.float32))
    wav = f"{out}/meeting-{lang}.wav"
    sf.write(wav, np.concatenate(sound), 24000)
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-i", wav, "-ar", "24000", "-c:a", "libopus", "-b:a", "24k", "-fflags", "+bitexact",
                    f"{out}/meeting-{lang}.ogg"], check=True)
    os.unlink(wav)
