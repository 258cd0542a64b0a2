#!/usr/bin/env python3
"""kill -9 at random moments of recording and of processing.

Recording: a file is recorded in real time and killed; in every other round what had not been synced is cut off too, as a
power cut would. At most the last second may be missing, and what is kept must be the source's own samples. (Synced is by the
clock: on a machine that keeps everybody waiting a power cut may cost more, so that this is told and asserted with --strict only.)
Processing: `doctor --repair` works on all those recordings and is killed again and again. After each kill the store passes
integrity_check; in the end every meeting is complete, its transcript whole and in order.

  kill9.py [--record N] [--process N] [--seed S] [--strict]
"""
import argparse, glob, json, os, random, re, shutil, signal, sqlite3, struct, subprocess, sys, tempfile, time, wave

ap = argparse.ArgumentParser()
ap.add_argument("--record", type=int, default=100)
ap.add_argument("--process", type=int, default=100)
ap.add_argument("--strict", action="store_true")
ap.add_argument("--seed", type=int, default=1)
arg = ap.parse_args()
rng = random.Random(arg.seed)
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
moim = os.path.realpath(os.environ.get("MOIM", os.path.join(top, "build/moim")))
models = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
source = os.path.join(models, "samples", "two_cities.wav")
with wave.open(source) as w:
    bytes_a_second = w.getframerate() * w.getnchannels() * w.getsampwidth()
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


def heard(pid):
    """Seconds of the source that a stopped recorder has taken in: how far it has read the file. No clock, so that a machine
    that keeps it waiting takes nothing away from it."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.path.realpath(f"/proc/{pid}/fd/{fd}") == os.path.realpath(source):
                pos = int(re.search(r"^pos:\s+(\d+)", open(f"/proc/{pid}/fdinfo/{fd}").read(), re.M)[1])
                return max(0, pos - 44) / bytes_a_second
        except OSError:
            pass
    return 0.0


def cut_power():
    last = {}
    for line in open(log) if os.path.exists(log) else []:
        size, path = line.rstrip("\n").split(" ", 1)
        last[path] = int(size)
    for path in glob.glob(os.path.join(home, "moim", "audio", "rec-*")):
        if path in last and os.path.getsize(path) > last[path]:
            os.truncate(path, last[path])


def kill(p):
    """Ends p whatever it does; what it had heard, or None when it had ended before."""
    p.send_signal(signal.SIGSTOP)
    try:
        while open(f"/proc/{p.pid}/stat").read().rsplit(")", 1)[1].split()[0] not in "TZX":
            time.sleep(0.001)
        seconds = heard(p.pid)
    except OSError:
        seconds = 0.0
    done = p.poll() is not None
    p.send_signal(signal.SIGKILL)
    p.wait()
    return None if done else seconds


def record_round(i, reference):
    power = i % 2 == 1
    e = dict(env, LD_PRELOAD=shim, POWERCUT_LOG=log) if power else env
    before = set(glob.glob(os.path.join(home, "moim", "audio", "*.flac")))
    p = subprocess.Popen([moim, "record", "--from", source, "--lang", "en", "--no-captions", "--no-process"], env=e,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if rng.random() < 0.15:
        time.sleep(rng.uniform(0, 0.1))  # before and around the first sound
    else:
        end = time.time() + 600
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
    kept = samples(audio)  # what a player finds even before repair
    if kept and kept != reference[: len(kept)]:
        die(f"{audio}: not the samples that were recorded")
    lost = max(0.0, at - len(kept) / 32000)
    if lost > 1.0 and (arg.strict or not power):
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
