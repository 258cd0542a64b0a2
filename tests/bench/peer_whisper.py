"""A Whisper peer on recordings, beam 5: the least seconds of RUNS as JSON. peer_whisper.py faster|cpp MODEL LANG RUNS THREADS FILE..."""
import json, sys, time

which, model, lang, runs, threads = sys.argv[1:4] + [sys.argv[4]] + [sys.argv[5]]
files = sys.argv[6:]
if which == "faster":
    from faster_whisper import WhisperModel
    m = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=int(threads))
    run = lambda f: [s.text for s in m.transcribe(f, language=lang, beam_size=5)[0]]
else:
    from pywhispercpp.model import Model
    m = Model(model, n_threads=int(threads), params_sampling_strategy=1, beam_search={"beam_size": 5, "patience": -1.0}, print_progress=False, print_realtime=False)
    run = lambda f: [s.text for s in m.transcribe(f, language=lang)]
wall = cpu = 1e9
for _ in range(int(runs)):
    w, c = time.monotonic(), time.process_time()
    for f in files:
        run(f)
    wall, cpu = min(wall, time.monotonic() - w), min(cpu, time.process_time() - c)
print(json.dumps({"wall": wall, "cpu": cpu}))
