"""Fifty clients read while a recording runs: every sample arrives, in order. Prints how long reads took (no limit is set on that here:
machines differ; `make bench-serve` runs it longer). LOAD_SECONDS, LOAD_CLIENTS."""
import multiprocessing as mp, os, random, shutil, subprocess, sys, tempfile, threading, time
from serve_client import *

SECONDS, CLIENTS = float(os.environ.get("LOAD_SECONDS", "6")), int(os.environ.get("LOAD_CLIENTS", "50"))
SAMPLE = os.path.join(SAMPLES, "two_cities.wav")


def fill(db, meetings, segments):
    """Meetings of an hour's length, as the recogniser would have left them."""
    import sqlite3
    words = "it was the best of times and the worst of them we met to talk about wisdom belief light and the season of budget".split()
    r, c = random.Random(1), sqlite3.connect(db)
    for m in range(meetings):
        at = c.execute("INSERT INTO meetings(title, started_at, duration, language, state) VALUES(?, ?, 3600, 'en', 4)", (f"Meeting {m}", 1700000000 + m * 86400)).lastrowid
        for i in range(segments):
            t, w = i * 3600 / segments, [r.choice(words) for _ in range(12)]
            timed = json.dumps([[round(t + k * 0.3, 3), round(t + k * 0.3 + 0.28, 3), 0.93, x] for k, x in enumerate(w)])
            c.execute("INSERT INTO segments(meeting, start, end, speaker, text, words, language, confidence) VALUES(?, ?, ?, ?, ?, ?, 'en', 0.9)",
                      (at, t, t + 4, 1 + i % 3, " ".join(w), timed))
    c.commit()
    c.close()


def read(host, port, seed, until, out):
    """One page's reads: a connection that stays, a request now and then, as people click."""
    r, c, took = random.Random(seed), http.client.HTTPConnection(host, port, timeout=PATIENCE), []
    while time.time() < until:
        path = r.choice(["/api/v1/state"] * 4 + ["/api/v1/meetings?limit=50"] * 3 + ["/api/v1/meetings/%d" % r.randrange(1, 11)] * 3 +
                        ["/api/v1/recording", "/api/v1/settings", "/", "/app.js", "/api/v1/vocabulary", "/api/v1/search?words=1&q=wisdom+season", "/api/v1/tags"])
        t = time.perf_counter()
        c.request("GET", path)
        answer = c.getresponse()
        answer.read()
        took.append((time.perf_counter() - t, path, answer.status))
        time.sleep(r.uniform(0.1, 0.5))
    out.extend(took)


def clients(host, port, seeds, until, queue):
    took = []
    threads = [threading.Thread(target=read, args=(host, port, s, until, took)) for s in seeds]
    [t.start() for t in threads]
    [t.join() for t in threads]
    queue.put(took)


def pcm(path):
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "s16le", "-"], capture_output=True, check=True).stdout


if __name__ == "__main__":
    data = tempfile.mkdtemp()
    os.makedirs(os.path.join(data, "ref"))
    subprocess.run([MOIM, "record", "--from", SAMPLE, "--fast", "--no-captions", "--no-process", "--quiet"], env={**os.environ, "XDG_DATA_HOME": data + "/ref"}, check=True, capture_output=True)
    ref = pcm([os.path.join(data, "ref/moim/audio", f) for f in os.listdir(data + "/ref/moim/audio") if f.endswith(".flac")][0])
    Daemon(data).stop()
    fill(os.path.join(data, "moim/moim.db"), 10, 700)
    d = Daemon(data, "--from", SAMPLE, "--loop")
    listeners = [Events(d) for _ in range(5)]
    start, queue = time.time(), mp.Queue()
    id = d.ok("POST", "/api/v1/recording", {"captions": False}, want=201)["id"]
    procs = [mp.Process(target=clients, args=(d.host, d.port, range(k, CLIENTS, 5), start + SECONDS, queue)) for k in range(5)]
    [p.start() for p in procs]
    took = sum((queue.get(timeout=SECONDS + PATIENCE) for _ in procs), [])
    [p.join() for p in procs]
    # However far behind a busy machine is: every listener hears that all these seconds have been recorded.
    for e in listeners:
        e.wait("level", lambda x: x["duration_s"] >= SECONDS)
    row = d.ok("POST", "/api/v1/recording/stop")
    length = time.time() - start
    bad = [t for t in took if t[2] != 200]
    assert not bad, bad[:3]
    assert SECONDS <= row["duration_s"] < length + 0.1, (row["duration_s"], length)
    audio = d.request("GET", f"/api/v1/meetings/{id}/audio")[2]
    open(os.path.join(data, "got.flac"), "wb").write(audio)
    got = pcm(os.path.join(data, "got.flac"))
    whole = (ref * (len(got) // len(ref) + 1))[:len(got)]
    assert abs(len(got) / 32000 - row["duration_s"]) < 0.001 and got == whole, "samples were lost or changed"
    marks = [b["note"] for b in d.ok("GET", f"/api/v1/meetings/{id}")["bookmarks"] if "gap" in b["note"] or "overrun" in b["note"]]
    assert not marks, marks
    ms = sorted(1000 * t[0] for t in took)
    worst = sorted(took, reverse=True)[:3]
    memory = d.rss()
    d.stop()
    shutil.rmtree(data)
    print(f"load: {CLIENTS} clients, {len(ms)} reads in {length:.1f} s, {len(got) // 2} samples all there; ms p50 {ms[len(ms) // 2]:.1f}, p99 {ms[len(ms) * 99 // 100]:.1f}, "
          f"most {ms[-1]:.1f} ({worst[0][1]}); {memory:.0f} MB resident; load average {os.getloadavg()[0]:.0f}")
