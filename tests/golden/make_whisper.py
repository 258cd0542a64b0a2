"""Golden values of Whisper base: log-mel, encoder, first-step logits, by faster-whisper's extractor and CTranslate2.

    python3 tests/golden/make_whisper.py > tests/asr/golden/whisper_base.txt

Needs faster-whisper (1.2.1 was used) and the models of `make models`. Sound: the first 5 s of samples/beckett.wav,
padded to 30 s; weights in f32. Lines: "mel FRAME BIN VALUE", "enc FRAME INDEX VALUE", "logit TOKEN VALUE" (the ten largest
after <|startoftranscript|><|en|><|transcribe|><|notimestamps|>), "text TOKENS..." (greedy).
"""
import os, sys, wave
import numpy as np
import ctranslate2
from faster_whisper.feature_extractor import FeatureExtractor

cache = os.environ.get("MOIM_MODELS") or os.path.expanduser("~/.cache/moim/models")
with wave.open(os.path.join(cache, "samples/beckett.wav")) as w:
    rate = w.getframerate()
    pcm = np.frombuffer(w.readframes(rate * 5), np.int16).reshape(-1, w.getnchannels()).mean(1) / 32768.0
    assert rate == 16000, rate
pcm = np.concatenate([pcm, np.zeros(30 * 16000 - len(pcm))]).astype(np.float32)
mel = FeatureExtractor(feature_size=80)(pcm, padding=False)[:, :3000]
model = ctranslate2.models.Whisper(os.path.join(cache, "whisper-base"), device="cpu", compute_type="float32")
enc = np.array(model.encode(ctranslate2.StorageView.from_array(mel[None].astype(np.float32).copy())))[0]
rng = np.random.RandomState(1)
for f, b in zip(rng.randint(0, 700, 60), rng.randint(0, 80, 60)):
    print(f"mel {f} {b} {mel[b, f]:.6f}")
for f, i in zip(rng.randint(0, 350, 80), rng.randint(0, 512, 80)):
    print(f"enc {f} {i} {enc[f, i]:.5f}")
prompt = [50258, 50259, 50359, 50363]
r = model.generate(ctranslate2.StorageView.from_array(mel[None].astype(np.float32).copy()), [prompt], beam_size=1,
                   suppress_blank=False, suppress_tokens=None, return_logits_vocab=True, max_length=40)[0]
logits = np.array(r.logits[0][0])
for t in np.argsort(-logits)[:10]:
    print(f"logit {t} {logits[t]:.4f}")
print("text", *r.sequences_ids[0])
