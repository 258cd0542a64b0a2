"""hama's own engine on recordings: the least seconds of RUNS as JSON. peer_conformer.py RUNS FILE..."""
import json, subprocess, sys, time
import numpy as np
from hama.asr import ASRDecodeConfig, ASRModel

model = ASRModel(decode=ASRDecodeConfig(temperature=1.0, blank_bias=0.0))
pcm = [np.frombuffer(subprocess.run(["ffmpeg", "-v", "quiet", "-i", f, "-ar", "16000", "-ac", "1", "-t", "29.8", "-f", "f32le", "-"],
                     capture_output=True, check=True).stdout, dtype="<f4") for f in sys.argv[2:]]
wall = cpu = 1e9
for _ in range(int(sys.argv[1])):
    w, c = time.monotonic(), time.process_time()
    for p in pcm:
        model.transcribe_waveform(p, 16000)
    wall, cpu = min(wall, time.monotonic() - w), min(cpu, time.process_time() - c)
print(json.dumps({"sound": sum(len(p) for p in pcm) / 16000, "wall": wall, "cpu": cpu}))
