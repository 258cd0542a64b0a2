"""The live screen in a pseudo-terminal: captions appear, keys pause, mark and stop, notes reach the meeting."""
import json, os, pty, re, select, subprocess, sys, tempfile, time

moim = os.path.realpath(os.environ.get("MOIM", "build/moim"))
cache = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
env = dict(os.environ, XDG_DATA_HOME=tempfile.mkdtemp())
pid, fd = pty.fork()
if pid == 0:
    os.execve(moim, [moim, "record", "--from", cache + "/samples/two_cities.wav", "--lang", "en", "--no-process"], env)
seen = ""


def watch(pattern=None):
    """Reads until the screen shows it, or to the end."""
    global seen
    end = time.time() + 600
    while time.time() < end and not (pattern and re.search(pattern, seen)):
        if select.select([fd], [], [], 0.1)[0]:
            try:
                seen += os.read(fd, 65536).decode("utf-8", "replace")
            except OSError:
                return
    if pattern and not re.search(pattern, seen):
        sys.exit(f"FAIL: no {pattern!r} on the screen:\n{seen[-600:]}")


watch(r"rec \d")
os.write(fd, b"b")
watch(r"bookmark\x1b")
os.write(fd, "m예산 회의\n".encode())
watch("예산 회의")
now = subprocess.run([moim, "bookmark", "now", "여기"], env=env, capture_output=True, text=True, check=True).stdout
os.write(fd, b" ")
watch("paused")
os.write(fd, b" ")
watch(r"\] it was (the )?best of times")
os.write(fd, b"q")
watch()
_, status = os.waitpid(pid, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
meeting = subprocess.run([moim, "show", "1", "--json"], env=env, capture_output=True, text=True, check=True).stdout
assert "예산 회의" in meeting and "(pause)" in meeting and "(resume)" in meeting, meeting
noted = [b["at"] for b in json.loads(meeting)["bookmarks"] if b["note"] == "여기"]
assert len(noted) == 1 and noted[0] == float(now), (noted, now)
late = subprocess.run([moim, "bookmark", "now"], env=env, capture_output=True, text=True)
assert late.returncode != 0 and "nothing is being recorded" in late.stderr, late
print("live screen: all well")
