"""How long the recording's commands take: on an idle daemon, then while two waveforms of ten hours, an export with sound and an import are at
work. Prints median, 99 % and most of each, and the ratio of the two 99 %. HOURS, LOAD_SECONDS."""
import os, shutil, sqlite3, subprocess, sys, tempfile, threading, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from serve_client import *

HOURS, SECONDS = float(os.environ.get("HOURS", "10")), float(os.environ.get("LOAD_SECONDS", "30"))
SAMPLE = os.path.join(SAMPLES, "two_cities.wav")
KINDS = ("bookmark", "memo", "pause", "resume", "stop", "start", "state")


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *args], check=True)


def long_meetings(data, n):
    """n meetings with HOURS of sound, made once and linked."""
    audio = os.path.join(data, "moim/audio")
    os.makedirs(audio, exist_ok=True)
    first = os.path.join(audio, "import-0.flac")
    ffmpeg("-stream_loop", "-1", "-i", SAMPLE, "-t", str(HOURS * 3600), "-ar", "16000", "-ac", "1", "-compression_level", "2", first)
    os.chmod(first, 0o600)
    c, ids = sqlite3.connect(os.path.join(data, "moim/moim.db")), []
    for i in range(n):
        name = f"import-{i}.flac"
        if i:
            os.link(first, os.path.join(audio, name))
        ids.append(c.execute("INSERT INTO meetings(title, started_at, duration, language, state, audio) VALUES(?, ?, ?, 'en', 4, ?)",
                             (f"long {i}", 1700000000 + i, HOURS * 3600, name)).lastrowid)
    c.commit()
    c.close()
    return ids


class Load:
    """Everything slow, again and again, until it is told to stop."""
    def __init__(self, d, ids, upload):
        self.over, self.done = threading.Event(), {"waveforms": 0, "exports": 0, "imports": 0}
        self.d, self.upload, self.data = d, open(upload, "rb").read(), d.data
        self.threads = [threading.Thread(target=self.waveforms, args=(i,)) for i in ids[:2]] + \
                       [threading.Thread(target=self.exports, args=(ids[0],)), threading.Thread(target=self.imports)]
        [t.start() for t in self.threads]

    def waveforms(self, id):
        path = os.path.join(self.data, "moim/audio", f"import-{id - 1}.flac")
        while not self.over.is_set():
            os.utime(path)  # else it is remembered
            self.d.request("GET", f"/api/v1/meetings/{id}/peaks?n=800")
            self.done["waveforms"] += 1

    def exports(self, id):
        out = os.path.join(self.data, "out.html")
        while not self.over.is_set():
            p = subprocess.Popen([MOIM, "export", str(id), "--format", "html", "--with-audio", "--output", out],
                                 env={**os.environ, "XDG_DATA_HOME": self.data}, stderr=subprocess.DEVNULL)
            while p.poll() is None and not self.over.is_set():
                time.sleep(0.1)
            if p.poll() is None:
                p.kill()
            p.wait()
            self.done["exports"] += 1

    def imports(self):
        while not self.over.is_set():
            s, _, row = self.d.request("POST", "/api/v1/meetings?name=hour.wav", self.upload)
            self.done["imports"] += s == 201
            if s == 201:
                self.d.request("DELETE", f"/api/v1/meetings/{row['id']}")

    def stop(self):
        self.over.set()
        [t.join() for t in self.threads]


def measure(d, seconds):
    took = {k: [] for k in KINDS}

    def send(kind, method, path, body=None):
        t = time.perf_counter()
        s, _, data = d.request(method, path, body)
        took[kind].append(1000 * (time.perf_counter() - t))
        assert s < 300, (kind, s, data)

    end, n = time.time() + seconds, 0
    send("start", "POST", "/api/v1/recording", {"captions": False})
    while time.time() < end:
        n += 1
        send("bookmark", "POST", "/api/v1/recording/bookmark", {"note": f"mark {n}"})
        send("memo", "POST", "/api/v1/recording/memo", {"text": f"memo {n}"})
        send("pause", "POST", "/api/v1/recording/pause", {})
        send("state", "GET", "/api/v1/state")
        send("resume", "POST", "/api/v1/recording/resume", {})
        if n % 5 == 0:
            send("stop", "POST", "/api/v1/recording/stop", {})
            send("start", "POST", "/api/v1/recording", {"captions": False})
        time.sleep(0.05)
    send("stop", "POST", "/api/v1/recording/stop", {})
    return took


def at(list, share):
    list = sorted(list)
    return list[min(len(list) - 1, int(share * len(list)))]


if __name__ == "__main__":
    data = tempfile.mkdtemp(dir=os.environ.get("BENCH_DIR"))
    try:
        Daemon(data).stop()
        ids = long_meetings(data, 2)
        hour = os.path.join(data, "hour.wav")
        ffmpeg("-stream_loop", "-1", "-i", SAMPLE, "-t", "3600", "-ar", "16000", "-ac", "1", hour)
        # No models: what the jobs would do with the processors is another measurement.
        d = Daemon(data, "--from", SAMPLE, "--loop", env={"XDG_CACHE_HOME": data})
        idle = measure(d, SECONDS / 2)
        load = Load(d, ids, hour)
        until(lambda: any(load.done.values()) or time.sleep(3) is None, "the load to begin")
        busy = measure(d, SECONDS)
        load.stop()
        d.stop()
        print(f"commands of the recording, ms; idle, then beside two waveforms of {HOURS:g} h, an export with sound and an import (done meanwhile: {load.done})")
        for k in KINDS:
            a, b = idle[k], busy[k]
            print(f"  {k:9} idle p50 {at(a, .5):6.1f}  p99 {at(a, .99):6.1f}   busy p50 {at(b, .5):6.1f}  p99 {at(b, .99):7.1f}  most {max(b):7.1f}  "
                  f"n {len(b):4}  ratio of p99 {at(b, .99) / at(a, .99):.1f}")
        every = [x for k in KINDS if k not in ("start", "state") for x in busy[k]]
        calm = [x for k in KINDS if k not in ("start", "state") for x in idle[k]]
        print(f"  stop, pause, resume, bookmark, memo together: {100 * sum(x < 100 for x in every) / len(every):.2f} % under 100 ms, p99 {at(every, .99):.1f} "
              f"(idle {at(calm, .99):.1f}, ratio {at(every, .99) / at(calm, .99):.1f})")
    finally:
        shutil.rmtree(data, ignore_errors=True)
