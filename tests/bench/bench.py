"""Every speed and size of moim beside its peers, run in turn; the best of ROUNDS. Started by `make bench` in the peers' venv.

A peer whose package is missing gets a dash. Times are CPU seconds (all threads) and wall seconds; on a busy machine only the
ratios, and of those the CPU ones, mean something. Add a row: a function that calls row(what, ours, peer's name, peer's, unit)."""
import glob, json, os, resource, subprocess, sys, tempfile

ROUNDS, THREADS = int(os.environ.get("ROUNDS", "2")), os.environ.get("THREADS", "2")
BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
ONLY = sys.argv[2:]
cache = os.environ.get("MOIM_MODELS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
here = os.path.dirname(os.path.abspath(__file__))
eval_dir = os.environ.get("MOIM_EVAL", "../shared/eval")


def run(*cmd, env=None):
    try:
        p = subprocess.run(cmd, capture_output=True, text=True, timeout=900, env={**os.environ, **(env or {})})
        lines = [l for l in p.stdout.splitlines() if l.startswith("{")]
        return [json.loads(l) for l in lines] if p.returncode == 0 else []
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return []


def bench(name, *args):
    return run(f"{BUILD}/tests/bench/{name}", *args)


def peer(script, *args):
    return run(sys.executable, f"{here}/{script}", *args)


def row(what, ours, name, theirs, unit, more_is_better):
    ratio = "-" if not theirs else f"{(ours / theirs if more_is_better else theirs / ours):.2f}x"
    print(f"{what:44} {ours:10.3f} {unit:8} {name:16} {f'{theirs:10.3f}' if theirs else '         -'} {ratio:>7}", flush=True)


def best(pick, runs, more):
    values = [r[0][pick] for r in runs if r]
    return (max if more else min)(values) if values else None


def kernels():
    for k in bench("bench_kernels", THREADS):
        print(f"kernel {k['kernel']:24} one row {k.get('row_gb_s', 0):7.1f} GB/s   256 rows {k['batch_gflop_s']:8.1f} GFLOP/s   {k.get('simd', '')}", flush=True)


def llm():
    for file in ("gemma3-270m-q4_k_m.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"):
        path, ours, theirs = f"{cache}/{file}", [], []
        for _ in range(ROUNDS):
            ours.append(bench("bench_llm", "-t", THREADS, "-p", "256", "-g", "32", "-r", "2", "speed", path))
            theirs.append(peer("peer_llm.py", path, "256", "32", "2", THREADS))
        for what, key in (("prompt", "prompt_tok_s"), ("generation", "gen_tok_s")):
            if best(key, ours, True):
                row(f"{file[:24]} {what}", best(key, ours, True), "llama.cpp", best(key, theirs, True), "tok/s", True)


def recordings(folder, step, n):
    return sorted(glob.glob(f"{eval_dir}/{folder}/**/*.flac", recursive=True))[::step][:n] or sorted(glob.glob(f"{cache}/samples/*.wav"))[:n]


def whisper():
    files, lang = recordings("ko-tedx", 60, 8), "ko"
    with tempfile.TemporaryDirectory() as d:
        wavs, long = [], f"{d}/long.wav"
        for i, f in enumerate(files):
            wavs.append(f"{d}/{i}.wav")
            subprocess.run(["ffmpeg", "-v", "quiet", "-i", f, "-ar", "16000", "-ac", "1", wavs[-1]], check=True)
        subprocess.run(["sox", *wavs, *wavs, long, "trim", "0", "29.5"], check=True)
        for what, set_ in (("cuts as they are", wavs), ("29.5 s in one", [long])):
            ours, faster, cpp = [], [], []
            for _ in range(ROUNDS):
                out = bench("bench_whisper", f"{cache}/whisper-base", "-t", THREADS, "-l", lang, "-b", "5", *set_)
                ours.append([{"cpu": sum(o["cpu"] for o in out)}] if out else [])
                faster.append(peer("peer_whisper.py", "faster", f"{cache}/whisper-base", lang, "1", THREADS, *set_))
                if os.environ.get("GGML_WHISPER"):
                    cpp.append(peer("peer_whisper.py", "cpp", os.environ["GGML_WHISPER"], lang, "1", THREADS, *set_))
            if best("cpu", ours, False):
                row(f"Whisper base, beam 5, {what}", best("cpu", ours, False), "faster-whisper", best("cpu", faster, False), "cpu s", False)
                row(f"Whisper base, beam 5, {what}", best("cpu", ours, False), "whisper.cpp", best("cpu", cpp, False), "cpu s", False)


def conformer():
    files, ours, theirs = recordings("en-film1968", 2, 4), [], []
    for _ in range(ROUNDS):
        ours.append(bench("bench_conformer", f"{cache}/asr_waveform.hama", "3", *files))
        theirs.append(peer("peer_conformer.py", "2", *files))
    if best("cpu", ours, False):
        row("Conformer encoder", best("cpu", ours, False), "hama", best("cpu", theirs, False), "cpu s", False)
        print(f"Conformer: real-time factor {best('cpu', ours, False) / ours[0][0]['sound']:.4f} a core", flush=True)


def peak(*cmd):
    """Peak memory of a command in MB."""
    p = subprocess.run(["/usr/bin/env", sys.executable, "-c",
                        "import resource,subprocess,sys\nr=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL).returncode\n"
                        "print(r,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", *cmd], capture_output=True, text=True)
    rc, kb = map(int, p.stdout.split())
    return kb / 1000 if rc == 0 else None


def memory():
    sample = (recordings("en-film1968", 1, 1) or [None])[0]
    with tempfile.TemporaryDirectory() as d:
        db = ["--db", f"{d}/moim.db"]
        rows = [("record --from FILE --fast, captions", 150, [f"{BUILD}/moim", "record", "--from", sample, "--fast", "--no-process", "--quiet", *db])]
        for model, limit in (("qwen-0.5b", 900), ("qwen-1.5b", 1700)):
            rows.append((f"import, minutes by {model}", limit, [f"{BUILD}/moim", "import", sample, "--quiet", "--minutes-model", model, *db]))
        for what, limit, cmd in rows:
            mb = peak(*cmd)
            print(f"memory: {what:40} " + (f"{mb:8.0f} MB of {limit}" if mb else "failed"), flush=True)


for part in (kernels, llm, whisper, conformer, memory):
    if not ONLY or part.__name__ in ONLY:
        part()
