#!/usr/bin/env python3
"""kill -9 at random moments of recording and of processing.

Recording: a file is recorded in real time and killed; in every other round what had not been synced is cut off too, as a
power cut would. At most the last second may be missing, and what is kept must be the source's own samples.
Processing: `doctor --repair` works on all those recordings and is killed again and again. After each kill the store passes
integrity_check; in the end every meeting is complete, its transcript whole and in order.

  kill9.py [--record N] [--process N] [--seed S]
"""
import argparse, glob, json, os, random, shutil, signal, sqlite3, struct, subprocess, sys, tempfile, time

ap = argparse.ArgumentParser()
ap.add_argument("--record", type=int, default=100)
ap.add_argument("--process", type=int, default=100)
ap.add_argument("--seed", type=int, default=1)
arg = ap.parse_args()
rng = random.Random(arg.seed)
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
moim = os.path.realpath(os.environ.get("MOIM", os.path.join(top, "build/moim")))
models = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
source = os.path.join(models, "samples", "two_cities.wav")
home = tempfile.mkdtemp(prefix="moim-kill9-")
env = dict(os.environ, XDG_DATA_HOME=home)
shim = os.path.join(home, "powercut.so")
log = os.path.join(home, "synced")
db = os.path.join(home, "moim", "moim.db")


def die(why):
    sys.exit(f"FAIL: {why} (kept in {home})")


def run(*a, **k):
    return subprocess.run([moim, *a], env=env, capture_output=True, text=True, **k)


def samples(path):
    """The 16 bit samples of a FLAC file; a damaged one gives what comes before the damage."""
    raw = subprocess.run(["sox", path, "-t", "raw", "-e", "signed", "-b", "16", "-"], capture_output=True).stdout
    return raw[: len(raw) // 2 * 2]


def check_store():
    c = sqlite3.connect(db)
    said = c.execute("pragma integrity_check").fetchone()[0]
    if said != "ok" or c.execute("pragma foreign_key_check").fetchone():
        die(f"the store is damaged: {said}")
    c.close()


def started(audio):
    """When the recording began, by the clock, from its first mark."""
    for line in open(audio[:-5] + ".marks", "rb").read().split(b"\n"):
        f = line.split(b" ")
        if len(f) > 3 and f[3] == b"start":
            return int(f[2]) / 1000
    return None


def cut_power():
    last = {}
    for line in open(log) if os.path.exists(log) else []:
        size, path = line.rstrip("\n").split(" ", 1)
        last[path] = int(size)
    for path in glob.glob(os.path.join(home, "moim", "audio", "rec-*")):
        if path in last and os.path.getsize(path) > last[path]:
            os.truncate(path, last[path])


def kill(p):
    """Ends p whatever it does; the moment it happened, or None when it had ended before."""
    done = p.poll() is not None
    at = time.time()
    p.send_signal(signal.SIGKILL)
    p.wait()
    return None if done else at


def record_round(i, reference):
    power = i % 2 == 1
    e = dict(env, LD_PRELOAD=shim, POWERCUT_LOG=log) if power else env
    before = set(glob.glob(os.path.join(home, "moim", "audio", "*.flac")))
    p = subprocess.Popen([moim, "record", "--from", source, "--lang", "en", "--no-captions", "--no-process"], env=e,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if rng.random() < 0.15:
        time.sleep(rng.uniform(0, 0.1))  # before and around the first sound
    else:
        end = time.time() + 20
        while not set(glob.glob(os.path.join(home, "moim", "audio", "*.flac"))) - before and time.time() < end:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 3.5))
    at = kill(p)
    if at is None:
        die("the recording had ended by itself")
    if power:
        cut_power()
    if os.path.exists(db):
        check_store()
    new = set(glob.glob(os.path.join(home, "moim", "audio", "*.flac"))) - before
    if not new:
        return 0.0
    audio = new.pop()
    begun = started(audio)
    kept = samples(audio)  # what a player finds even before repair
    if kept and kept != reference[: len(kept)]:
        die(f"{audio}: not the samples that were recorded")
    lost = at - begun - len(kept) / 32000 if begun else 0.0
    if lost > 1.0:
        die(f"{audio}: {lost:.2f} s lost{' in a power cut' if power else ''}")
    return lost


def process_round(span):
    p = subprocess.Popen([moim, "doctor", "--repair", "--quick", "--lang", "en"], env=env, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    try:
        p.wait(rng.uniform(0, span))
    except subprocess.TimeoutExpired:
        pass
    kill(p)
    check_store()


def states():
    return [(m["id"], m["state"]) for m in json.loads(run("list", "--json").stdout)]


os.makedirs(os.path.join(home, "moim"))
subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", os.path.join(top, "tests/torture/powercut.c"), "-o", shim,
                "-ldl"], check=True)
small = glob.glob(os.path.join(models, "qwen2.5-coder-0.5b*.gguf"))
if not small or run("models", "use", "minutes", small[0]).returncode:
    die("no small model for the minutes")

other = tempfile.mkdtemp(prefix="moim-kill9-reference-")
subprocess.run([moim, "record", "--from", source, "--fast", "--no-captions", "--no-process"], check=True,
               env=dict(os.environ, XDG_DATA_HOME=other), stdout=subprocess.DEVNULL)
reference = samples(glob.glob(os.path.join(other, "moim", "audio", "*.flac"))[0])
shutil.rmtree(other)

lost = [record_round(i, reference) for i in range(arg.record)]
print(f"{arg.record} kills while recording: at most {max(lost):.2f} s lost, {sum(lost) / len(lost):.2f} s on average",
      flush=True)

kills = 0
while kills < arg.process and any(s != "summarized" for _, s in states()):
    process_round(12)
    kills += 1
for _ in range(3):  # the first finishes what there is, the second finds nothing to do
    said = run("doctor", "--repair", "--quick", "--lang", "en")
    if said.returncode == 0:
        break
if said.returncode:
    die(f"doctor --repair: {said.stdout}{said.stderr}")
check_store()
for i, state in states():
    if state != "summarized":
        die(f"meeting {i} is left at {state}")
    m = json.loads(run("show", str(i), "--json").stdout)
    at = 0.0
    for s in m["segments"]:
        if s["start"] < at - 0.5 or s["end"] > m["duration_s"] + 0.5:
            die(f"meeting {i}: its transcript is out of order: {s}")
        at = s["start"]
    if m["duration_s"] > 3 and not m["segments"]:
        die(f"meeting {i}: {m['duration_s']} s without a word")
left = {os.path.basename(f) for f in glob.glob(os.path.join(home, "moim", "audio", "*.flac"))}
c = sqlite3.connect(db)
owned = {r[0] for r in c.execute("select audio from meetings")}
if left != owned:
    die(f"sound and meetings do not match: {left ^ owned}")
print(f"{kills} kills while processing: {len(owned)} meetings complete, the store whole")
shutil.rmtree(home)
