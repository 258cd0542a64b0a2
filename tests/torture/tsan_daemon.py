"""The daemon with ThreadSanitizer under load: a recording with live captions, listeners to its events, readers, bookmarks, edits, uploads,
exports, a pause, settings, deletions, and its end; twice. It says nothing, and what was recorded is there.

TSAN_SECONDS: how long each recording lasts at least (default 20). TSAN_CAPTIONS=0 leaves the models out.
"""
import os, shutil, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from serve_client import *

SECONDS, CAPTIONS = float(os.environ.get("TSAN_SECONDS", "20")), os.environ.get("TSAN_CAPTIONS", "1") == "1"
home = tempfile.mkdtemp(prefix="moim-tsan-")
sample, wav, text = os.path.join(SAMPLES, "two_cities.wav"), os.path.join(home, "two.wav"), os.path.join(home, "t.txt")
reports = os.path.join(home, "report")
# What is uploaded need not be recognised: a sanitizer makes models slow. The captions' models are real.
models = os.path.join(home, "models")
os.mkdir(models)
for f in os.listdir(MODELS) if CAPTIONS else []:
    if not f.startswith(("whisper", "qwen", "gemma", "e5", "campplus", "pyannote")):
        os.symlink(os.path.join(MODELS, f), os.path.join(models, f))
subprocess.run(["sox", sample, wav, "trim", "0", "2"], check=True)
with open(text, "w") as f:
    f.write("Kim: one\nLee: two\nKim: three\n")
supp = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tsan.supp"))
env = {"MOIM_MODELS": models, "OPENBLAS_NUM_THREADS": "1", "TSAN_OPTIONS": f"suppressions={supp} log_path={reports} exitcode=66 history_size=4"}
subprocess.run([MOIM, "import", text, "--no-minutes"], env={**os.environ, "XDG_DATA_HOME": home, **env}, check=True, capture_output=True)
over, failed, counts = threading.Event(), [], {}


def work(what):
    try:
        while not over.is_set():
            what()
            counts[what.__name__] = counts.get(what.__name__, 0) + 1
            time.sleep(0.05)
    except Exception as e:
        failed.append(f"{what.__name__}: {e!r}")
        over.set()


def reader():
    for path in ("/api/v1/state", "/api/v1/meetings", "/api/v1/meetings/1", "/api/v1/recording", "/api/v1/jobs", "/api/v1/settings", "/", "/api/v1/search?words=1&q=one",
                 "/api/v1/tags", "/api/v1/vocabulary", "/api/v1/devices"):
        s = d.request("GET", path)[0]
        assert s == 200, (path, s)


def controller():
    d.ok("POST", "/api/v1/recording/bookmark", {"note": "here"}, want=201)
    d.ok("POST", "/api/v1/recording/pause", {})
    d.ok("POST", "/api/v1/recording/resume", {})


def editor():
    segments = d.ok("GET", "/api/v1/meetings/1")["segments"]
    d.ok("PATCH", f"/api/v1/meetings/1/segments/{segments[0]['id']}", {"text": f"said {time.time()}"})
    d.ok("PATCH", "/api/v1/settings", {"theme": "dark" if int(time.time()) % 2 else "light"})
    d.request("GET", "/api/v1/meetings/1/export?format=md", raw=True)


def uploader():
    id = d.ok("POST", "/api/v1/meetings?name=two.wav", open(wav, "rb").read(), want=201, headers={"Content-Type": "audio/wav"})["id"]
    d.request("GET", f"/api/v1/meetings/{id}/waveform")
    d.request("GET", f"/api/v1/meetings/{id}/audio")
    until(lambda: d.request("DELETE", f"/api/v1/meetings/{id}")[0] in (204, 404), "the upload to go")


def visitor():
    e = Events(d)
    e.wait("level")
    e.c.close()


d = Daemon(home, "--from", sample, "--loop", "--lang", "en", env=env)
try:
    for _ in range(2):
        over.clear()
        id = d.ok("POST", "/api/v1/recording", {"captions": CAPTIONS, "language": "en"}, want=201)["id"]
        listener = Events(d)
        threads = [threading.Thread(target=work, args=(w,)) for w in (reader, reader, controller, editor, uploader, visitor)]
        [t.start() for t in threads]
        until(lambda: over.is_set() or d.ok("GET", "/api/v1/recording")["recording"]["duration_s"] >= SECONDS, "the recording")
        if CAPTIONS:
            until(lambda: over.is_set() or any(k == "caption" for k, _ in list(listener.seen)), "a caption")
        over.set()
        [t.join() for t in threads]
        row = d.ok("POST", "/api/v1/recording/stop", {})
        assert row["duration_s"] >= SECONDS or failed, row
    rc = d.stop()
finally:
    if d.p.poll() is None:
        d.p.kill()
said = "".join(open(os.path.join(home, f), errors="replace").read() for f in sorted(os.listdir(home)) if f.startswith("report"))
kinds = re.findall(r"^SUMMARY: (.*)$", said, re.M)
if failed or said or rc:
    print(said[:20000])
    sys.exit(f"FAIL: exit {rc}, {len(kinds)} reports\n" + "\n".join(sorted(set(kinds)) + failed))
shutil.rmtree(home)
print("thread sanitizer: nothing to say; " + ", ".join(f"{n} {k}" for k, n in sorted(counts.items())))
