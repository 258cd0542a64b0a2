"""How often the Conformer's best symbol is that of hama's own engine, over folders of recordings.

    make -s build/tests/bench/conformer_frames && python3 tests/bench/agree_conformer.py DIR...

Needs the package hama 1.7.0, numpy and ffmpeg. Longest recording: 29.9 s (hama's engine refuses more). Exit 1 below 99.9 %."""
import glob, os, subprocess, sys, wave
import numpy as np
from hama.asr import ASRDecodeConfig, ASRModel

cache = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
reference = ASRModel(decode=ASRDecodeConfig(temperature=1.0, blank_bias=0.0))
same = frames = 0
for folder in sys.argv[1:]:
    files = sorted(f for e in ("flac", "wav") for f in glob.glob(f"{folder}/**/*.{e}", recursive=True))
    here = here_same = 0
    for path in files:
        pcm = np.frombuffer(subprocess.run(["ffmpeg", "-v", "quiet", "-i", path, "-ar", "16000", "-ac", "1", "-t", "29.9",
                            "-c:a", "pcm_s16le", "-f", "s16le", "-"], capture_output=True, check=True).stdout, dtype="<i2")
        wav = f"/tmp/agree-{os.getpid()}.wav"

        with wave.open(wav, "wb") as w:
            w.setnchannels(1), w.setsampwidth(2), w.setframerate(16000), w.writeframes(pcm.tobytes())
        theirs = reference.transcribe_waveform(pcm.astype(np.float32) / 32768, 16000).frame_token_ids
        ours = subprocess.run(["build/tests/bench/conformer_frames", f"{cache}/asr_waveform.hama", wav],
                              capture_output=True, check=True).stdout.split()
        os.unlink(wav)
        assert len(ours) == len(theirs), (path, len(ours), len(theirs))
        here += len(ours)
        here_same += sum(int(a) == b for a, b in zip(ours, theirs))
    print(f"{folder}: {here_same} of {here} frames ({100 * here_same / max(here, 1):.3f} %), {len(files)} recordings")
    same, frames = same + here_same, frames + here
sys.exit(frames == 0 or same < 0.999 * frames)
