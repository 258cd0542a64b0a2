#!/usr/bin/env python3
"""Hours of recording, fed as fast as it goes: flat memory, no gap, no drift between samples and times.

The source is the spoken sample, over and over, at 16 kHz. In the end every sample of the recording is compared with the
source's, so that a gap, a doubled block or a drift of one sample fails, and the caption of each repetition must stand where
its repetition stands. Memory may grow by 8 MB after the first fifth.

  long.py [--hours H] [--no-captions]
"""
import argparse, array, json, os, re, shutil, sqlite3, subprocess, sys, tempfile, threading, time

ap = argparse.ArgumentParser()
ap.add_argument("--hours", type=float, default=24)
ap.add_argument("--no-captions", action="store_true")
arg = ap.parse_args()
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
moim = os.path.realpath(os.environ.get("MOIM", os.path.join(top, "build/moim")))
models = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
home = tempfile.mkdtemp(prefix="moim-long-")
env = dict(os.environ, XDG_DATA_HOME=home)
sample = subprocess.run(["sox", models + "/samples/two_cities.wav", "-r", "16000", "-c", "1", "-t", "raw", "-e", "signed",
                         "-b", "16", "-"], capture_output=True, check=True).stdout
times = int(arg.hours * 3600 / (len(sample) / 32000)) + 1
source = os.path.join(home, "source.flac")


def die(why):
    sys.exit(f"FAIL: {why} (kept in {home})")


def rss(pid, field="VmRSS"):
    try:
        return int(re.search(field + r":\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024
    except (OSError, AttributeError):
        return None


w = subprocess.Popen(["sox", "-t", "raw", "-r", "16000", "-c", "1", "-e", "signed", "-b", "16", "-", "-C", "0", source],
                     stdin=subprocess.PIPE)
for _ in range(times):
    w.stdin.write(sample)
w.stdin.close()
if w.wait():
    die("no source")

cmd = [moim, "record", "--from", source, "--fast", "--no-process", "--json", "--lang", "en"]
p = subprocess.Popen(cmd + (["--no-captions"] if arg.no_captions else []), env=env, stdout=subprocess.PIPE, text=True)
began, use, captions = time.time(), [], []


def watch():
    while p.poll() is None:
        m = rss(p.pid)
        if m:
            use.append(m)
        time.sleep(0.1)


t = threading.Thread(target=watch)
t.start()
for line in p.stdout:
    e = json.loads(line)
    if e["type"] == "final":
        captions.append((e["start"], e["text"]))
    elif e["type"] in ("gap", "overrun", "error"):
        die(f"{e}")
p.wait()
t.join()
took = time.time() - began
if p.returncode:
    die("the recording failed")

c = sqlite3.connect(os.path.join(home, "moim", "moim.db"))
audio, duration = c.execute("select audio, duration from meetings").fetchone()
events = c.execute("select at, note from bookmarks").fetchall()
if [e for e in events if "gap" in e[1] or "overrun" in e[1]]:
    die(f"{events[:3]}")
if abs(duration - times * len(sample) / 32000) > 1e-6:
    die(f"{duration} s of {times * len(sample) / 32000}")
r = subprocess.Popen(["sox", os.path.join(home, "moim", "audio", audio), "-t", "raw", "-e", "signed", "-b", "16", "-"],
                     stdout=subprocess.PIPE)
first = None
for i in range(times):
    got = r.stdout.read(len(sample))
    if first is None:
        first = got
        a, b = array.array("h", got), array.array("h", sample)
        if len(a) != len(b) or max(abs(x - y) for x, y in zip(a, b)) > 1:
            die("the samples differ from the source's by more than a rounding")
    if got != first:
        die(f"repetition {i}: samples differ")
if r.stdout.read(1):
    die("there is more sound than was recorded")
r.wait()
period = len(sample) / 32000
# The sample begins with its first words within two seconds; the pause before them is where captions cut.
begun = {}
for at, _ in captions:
    begun.setdefault(int(at / period), at % period)
late = list(begun.values())
if not arg.no_captions and (len(begun) < 0.9 * times or max(late[1:-1], default=0) > 3.0):
    die(f"captions drift or are missing: {len(begun)} of {times} repetitions, begun {min(late, default=0):.2f} ... {max(late, default=0):.2f} s late")
early, peak = max(use[: len(use) // 5 + 1]), max(use)
if peak - early > 8:
    die(f"memory grows: {early:.0f} MB in the first fifth, {peak:.0f} MB later")
print(f"{times * period / 3600:.2f} h in {took:.0f} s ({times * period / took:.0f} times real time), "
      f"{'no captions' if arg.no_captions else str(len(captions)) + ' captions'}: every sample in its place, "
      f"memory {early:.0f} MB, at most {peak:.0f} MB")
shutil.rmtree(home)
