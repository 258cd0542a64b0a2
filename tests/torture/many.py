#!/usr/bin/env python3
"""Many processes on one store: the daemon with a live recording, uploads and edits, and beside it the command line's import, record,
edit, speakers, delete, tidy, backup, restore elsewhere, doctor and list, in parallel, with kill -9 and restarts at random.

A ledger outside the store keeps every write that was acknowledged and every second of sound. What a kill cut off may be there or not;
what was acknowledged must be there at the end, and integrity_check and foreign_key_check are clean. No models are used.

  many.py [--seconds N] [--seed S]
"""
import argparse, collections, glob, http.client, json, os, random, re, shutil, signal, sqlite3, subprocess, sys, tempfile, threading, time

ap = argparse.ArgumentParser()
ap.add_argument("--seconds", type=float, default=600)
ap.add_argument("--seed", type=int, default=1)
arg = ap.parse_args()
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(top, "tests/e2e"))
from private import lax

moim = os.path.realpath(os.environ.get("MOIM", os.path.join(top, "build/moim")))
models = os.environ.get("MOIM_MODELS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
source = os.path.join(models, "samples", "two_cities.wav")
home = tempfile.mkdtemp(prefix="moim-many-")
os.mkdir(os.path.join(home, "models"))
env = {**os.environ, "XDG_DATA_HOME": home, "MOIM_MODELS": os.path.join(home, "models")}
db, audio = os.path.join(home, "moim/moim.db"), os.path.join(home, "moim/audio")
wav = os.path.join(home, "two.wav")
start = time.time()
end = start + arg.seconds
over = threading.Event()
faults, counts, slowest = [], collections.Counter(), 0.0
book = threading.Lock()
number = iter(range(1, 1 << 30))


class Meeting:
    """What the ledger knows of one. A value that was being written when its writer was killed has several candidates."""

    def __init__(self, id, seconds=0.0, segments=None):
        self.id, self.seconds, self.segments = id, seconds, segments or {}
        self.lock = threading.Lock()
        self.texts = {k: {v} for k, v in self.segments.items()}
        self.names, self.titles, self.notes = {}, None, []
        self.gone = False  # True: deleted; None: perhaps
        self.may_lose_sound = False


ledger = {}


def fault(what):
    with book:
        faults.append(f"after {time.time() - start:.1f} s: {what}")
    over.set()


def damaged(text):
    return re.search("malformed|damaged:|not a database|disk I/O error|no such table|database is locked", text)


class Process:
    """A command, sometimes killed on its way: rc is None then."""

    def __init__(self, r, *a, kill=0.12):
        global slowest
        t = time.time()
        p = subprocess.Popen([moim, *a], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.rc = None
        try:
            patience = r.expovariate(12) if r.random() < kill else 900
            self.out, self.err = p.communicate(timeout=patience)
            self.rc = p.returncode
        except subprocess.TimeoutExpired:
            p.kill()
            self.out, self.err = p.communicate()
            if patience == 900:
                fault(f"{a}: no end in {patience} s")
        with book:
            counts[a[0]] += 1
            counts["killed"] += self.rc is None
            slowest = max(slowest, time.time() - t)
        if damaged(self.err) or damaged(self.out):
            fault(f"{a}: {self.err}{self.out}")
        if self.rc is not None and self.rc < 0:
            fault(f"{a}: died of signal {-self.rc}: {self.err}")


def refused(text):
    return re.search("being recorded or processed|is being recorded|no meeting|has no segment|no speaker|has no sound", text)


def expect(p, a):
    if p.rc and not refused(p.err):
        fault(f"{a}: exit {p.rc}: {p.err}")
    return p.rc == 0


def add(m):
    with book:
        if m.id in ledger:
            faults.append(f"after {time.time() - start:.1f} s: meeting {m.id} was given twice")
            over.set()
        ledger[m.id] = m
    return m


def pick(r, test=lambda m: True):
    """A meeting of the ledger with its lock held, or None."""
    with book:
        some = [m for m in list(ledger.values()) if m.gone is False and test(m)]
    r.shuffle(some)
    for m in some[:5]:
        if m.lock.acquire(blocking=False):
            if m.gone is False:
                return m
            m.lock.release()
    return None


# ---- the daemon

class Daemon:
    def __init__(self):
        self.log = open(os.path.join(home, "serve.log"), "a+")
        self.p = subprocess.Popen([moim, "serve", "--port", "0", "--from", source, "--loop"], env=env, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.p.stdout.readline()
        found = re.match(r"http://[^:]+:(\d+)/", line)
        self.port = int(found[1]) if found else 0
        if not found:
            self.log.flush()
            fault(f"the daemon does not start: {line!r} {open(self.log.name).read()[-500:]}")

    def ask(self, method, path, body=None, kind="application/json"):
        """(status, JSON); status None when the connection broke: nobody knows what became of it."""
        global slowest
        t = time.time()
        h = {"X-Moim": "1", "Content-Type": kind} if method != "GET" else {}
        if isinstance(body, dict):
            body = json.dumps(body)
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
            c.request(method, path, body, h)
            answer = c.getresponse()
            data = answer.read()
            c.close()
        except (OSError, http.client.HTTPException):
            return None, None
        with book:
            counts["http"] += 1
            slowest = max(slowest, time.time() - t)
        text = data.decode()
        if damaged(text):
            fault(f"{method} {path}: {answer.status} {text}")
        return answer.status, json.loads(text) if text else None

    def stop(self, sig):
        self.p.send_signal(sig)
        self.p.wait(900)
        self.p.stdout.close()
        self.log.close()


daemon = None
daemon_lock = threading.Lock()


def rule_daemon(r):
    """Starts it, records for some seconds, ends it one way or the other."""
    global daemon
    d = Daemon()
    with daemon_lock:
        daemon = d
    while not over.is_set() and time.time() < end:
        status, row = d.ask("POST", "/api/v1/recording", {"captions": False, "title": "live"})
        if status != 201:
            fault(f"recording: {status} {row}")
            break
        m = Meeting(row["id"])
        m.lock.acquire()
        add(m)
        until = time.time() + r.uniform(1, 6)
        waiting = []  # notes that the sound has not passed by a second yet
        while time.time() < until:
            note = f"note {next(number)}"
            status, said = d.ask("POST", "/api/v1/recording/bookmark", {"note": note})
            if status == 201:
                waiting.append((said["at"], note))
            status, said = d.ask("GET", "/api/v1/recording")
            if status == 200 and said["recording"]:
                m.seconds = max(m.seconds, said["recording"]["duration_s"] - 2)  # a second may wait for its flush
                m.notes += [n for at, n in waiting if at < m.seconds]
                waiting = [(at, n) for at, n in waiting if at >= m.seconds]
            time.sleep(0.2)
        if r.random() < 0.5:
            status, row = d.ask("POST", "/api/v1/recording/stop", {})
            if status != 200:
                fault(f"stop: {status} {row}")
            else:
                m.seconds = row["duration_s"]
                m.notes += [n for _, n in waiting]
            m.lock.release()
            if r.random() < 0.6:
                continue
            d.stop(r.choice([signal.SIGKILL, signal.SIGTERM]))
        else:
            d.stop(r.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            m.lock.release()
        counts["daemon ended"] += 1
        d = Daemon()
        with daemon_lock:
            daemon = d
    d.stop(signal.SIGTERM)
    with daemon_lock:
        daemon = None


def ask(*a, **k):
    with daemon_lock:
        d = daemon
    return d.ask(*a, **k) if d else (None, None)


def do_upload(r):
    status, row = ask("POST", f"/api/v1/meetings?name=u{next(number)}.wav", open(wav, "rb").read(), kind="audio/wav")
    if status == 201:
        add(Meeting(row["id"], 2.0))
    elif status is not None:
        fault(f"upload: {status} {row}")


def try_text(m, key, text, how):
    """how() gives True (written), False (not), None (nobody knows)."""
    said = how()
    if said:
        m.texts[key] = {text}
    elif said is None:
        m.texts[key] = m.texts[key] | {text}


def answered(status, row, what):
    if status not in (200, 201, 204, 404, 409, None):
        fault(f"{what}: {status} {row}")
    return None if status is None else status < 300


def do_http_edit(r):
    m = pick(r, lambda m: m.segments)
    if not m:
        return
    try:
        key, text = r.choice(list(m.segments)), f"수정 {next(number)} by the page"
        try_text(m, key, text, lambda: answered(*ask("PATCH", f"/api/v1/meetings/{m.id}/segments/{key}", {"text": text}), "edit"))
        note = f"mark {next(number)}"
        if answered(*ask("POST", f"/api/v1/meetings/{m.id}/bookmarks", {"at": 1, "note": note}), "bookmark"):
            m.notes.append(note)
        title = f"title {next(number)}"
        said = answered(*ask("PATCH", f"/api/v1/meetings/{m.id}", {"title": title}), "title")
        if said:
            m.titles = {title}
        elif said is None:
            m.titles = None  # either
    finally:
        m.lock.release()


# ---- the command line

def do_import_text(r):
    n = next(number)
    path = os.path.join(home, f"t{n}.txt")
    lines = [f"{w} {n}" for w in ("first", "둘째", "third")]
    with open(path, "w") as f:
        f.write("".join(f"{who}: {line}\n" for who, line in zip(("Kim", "Lee", "Kim"), lines)))
    p = Process(r, "import", path, "--no-minutes")
    os.unlink(path)
    if expect(p, "import text"):
        id = int(p.out)
        shown = Process(r, "show", str(id), "--json", kill=0)
        if not expect(shown, "show"):
            return
        got = json.loads(shown.out)["segments"]
        if [g["text"] for g in got] != lines:
            fault(f"import {id}: {got}")
        add(Meeting(id, 0, {g["id"]: g["text"] for g in got}))


def do_import_sound(r):
    p = Process(r, "import", wav, "--no-process")
    if expect(p, "import sound"):
        add(Meeting(int(p.out), 2.0))


def do_record(r):
    p = Process(r, "record", "--from", wav, "--fast", "--no-captions", "--no-process", "--quiet")
    if expect(p, "record"):
        add(Meeting(int(p.out), 2.0))


def done(p, what):
    expect(p, what)
    return None if p.rc is None else p.rc == 0


def do_edit(r):
    m = pick(r, lambda m: m.segments)
    if not m:
        return
    try:
        key, text = r.choice(list(m.segments)), f"edit {next(number)} 고침"
        try_text(m, key, text, lambda: done(Process(r, "edit", str(m.id), str(key), text), "edit"))
    finally:
        m.lock.release()


def do_speakers(r):
    m = pick(r, lambda m: m.segments)
    if not m:
        return
    try:
        who, name = r.choice([1, 2]), f"이름 {next(number)}"
        said = done(Process(r, "speakers", str(m.id), "name", str(who), name), "speakers")
        if said:
            m.names[who] = {name}
        elif said is None:
            m.names[who] = m.names.get(who, {"Kim" if who == 1 else "Lee"}) | {name}
    finally:
        m.lock.release()


def do_delete(r):
    with book:
        if len(ledger) < 12:
            return
    m = pick(r)
    if not m:
        return
    try:
        if r.random() < 0.5:
            said = answered(*ask("DELETE", f"/api/v1/meetings/{m.id}"), "delete")
        else:
            said = done(Process(r, "delete", "--for-good", str(m.id), kill=0.3), "delete")
        if said is not False:
            m.gone = True if said else None
    finally:
        m.lock.release()


def do_tidy(r):
    expect(Process(r, "tidy", *r.choice([["--days", "1"], ["--quota", "1M"], ["--days", "1", "--dry-run"]])), "tidy")


def do_list(r):
    with book:
        want = {m.id for m in list(ledger.values()) if m.gone is False}
    p = Process(r, "list", "--json", "--quiet")
    if expect(p, "list"):
        lost = want - {m["id"] for m in json.loads(p.out)} - {m.id for m in list(ledger.values()) if m.gone is not False}
        busy = {i for i in lost if ledger[i].lock.locked()}  # being deleted at this moment
        if lost - busy:
            fault(f"list lacks {lost - busy}")


def do_doctor(r):
    repair = r.random() < 0.3
    p = Process(r, "doctor", "--quick", *(["--repair"] if repair else []))
    if p.rc not in (None, 0) and not re.search("^store +ok", p.out, re.M):
        fault(f"doctor: {p.out}{p.err}")


def do_backup(r):
    n = next(number)
    file, place = os.path.join(home, f"b{n}.zip"), os.path.join(home, f"b{n}")
    with book:
        want = {m.id for m in list(ledger.values()) if m.gone is False}
    p = Process(r, "backup", file, kill=0.2)
    if p.rc is not None and p.rc:
        fault(f"backup: {p.err}")
    if p.rc == 0 and not over.is_set():
        p = Process(r, "restore", file, "--db", os.path.join(place, "moim.db"), kill=0.2)
        if p.rc is not None and p.rc:
            fault(f"restore: {p.err}")
        if p.rc == 0:
            said, ids = check_file(os.path.join(place, "moim.db"))
            lost = want - ids - {m.id for m in list(ledger.values()) if m.gone is not False or m.lock.locked()}
            if said or lost:
                fault(f"the restored copy: {said or f'lacks {lost}'}")
    for f in glob.glob(file + "*"):
        os.unlink(f)
    shutil.rmtree(place, ignore_errors=True)


# ---- the end

def check_file(path):
    c = sqlite3.connect(path)
    try:
        said = c.execute("pragma integrity_check").fetchone()[0]
        said = None if said == "ok" else said
        if not said and c.execute("pragma foreign_key_check").fetchone():
            said = "a row belongs to nothing"
        return said, {r[0] for r in c.execute("select id from meetings")}
    except sqlite3.DatabaseError as e:
        return str(e), set()
    finally:
        c.close()


def seconds_of(path):
    raw = subprocess.run(["sox", path, "-t", "raw", "-e", "signed", "-b", "16", "-"], capture_output=True).stdout
    return len(raw) / 32000


def compare():
    c = sqlite3.connect(db)
    rows = {r[0]: r for r in c.execute("select id, title, audio, duration from meetings")}
    trashed = {r[0] for r in c.execute("select id from meetings where trashed_at > 0")}  # what the HTTP interface deletes, for 30 days
    owned = collections.Counter(r[2] for r in rows.values() if r[2])
    for m in list(ledger.values()):
        if m.gone is True and m.id in rows and m.id not in trashed:
            faults.append(f"meeting {m.id} was deleted and is there")
        if m.gone is False and m.id in trashed:
            faults.append(f"meeting {m.id} is in the trash and was not deleted")
        if m.gone is True or (m.gone is None and m.id not in rows):
            continue
        if m.id not in rows:
            faults.append(f"meeting {m.id} is lost")
            continue
        _, title, sound, duration = rows[m.id]
        if m.titles and title not in m.titles:
            faults.append(f"meeting {m.id}: title {title!r}, not {m.titles}")
        texts = dict(c.execute("select id, text from segments where meeting = ?", (m.id,)))
        for key, want in m.texts.items():
            if texts.get(key) not in want:
                faults.append(f"meeting {m.id} segment {key}: {texts.get(key)!r}, not {want}")
        names = dict(c.execute("select number, name from speakers where meeting = ?", (m.id,)))
        for who, want in m.names.items():
            if names.get(who) not in want:
                faults.append(f"meeting {m.id} speaker {who}: {names.get(who)!r}, not {want}")
        notes = [r[0] for r in c.execute("select note from bookmarks where meeting = ?", (m.id,))]
        for note in m.notes:
            if notes.count(note) != 1:
                faults.append(f"meeting {m.id}: {note!r} is there {notes.count(note)} times")
        if m.seconds and not m.gone and not m.may_lose_sound:
            got = seconds_of(os.path.join(audio, sound)) if sound else 0
            if got + 0.01 < m.seconds:
                faults.append(f"meeting {m.id}: {got:.2f} s of sound ({sound}), not {m.seconds:.2f}")
    files = {os.path.basename(f) for f in glob.glob(os.path.join(audio, "*.flac"))}
    if set(owned) - files - {rows[m.id][2] for m in list(ledger.values()) if m.may_lose_sound and m.id in rows}:
        faults.append(f"sound without its file: {set(owned) - files}")
    if files - set(owned):
        faults.append(f"files without their meeting: {files - set(owned)}")
    if any(n > 1 for n in owned.values()):
        faults.append(f"sound that two meetings own: {owned}")
    for table in ("segments_fts", "items_fts"):
        c.execute(f"insert into {table}({table}, rank) values('integrity-check', 1)")
    c.close()


def work(what, seed):
    r = random.Random(seed)
    while not over.is_set() and time.time() < end:
        try:
            r.choice(what)(r) if isinstance(what, list) else what(r)
        except Exception as e:  # what the test itself cannot do is a fault, too
            fault(f"{what}: {e!r}")
        time.sleep(r.uniform(0, 0.05))


subprocess.run(["sox", source, wav, "trim", "0", "2"], check=True)
for _ in range(6):
    m = add(Meeting(int(subprocess.run([moim, "record", "--from", wav, "--fast", "--no-captions", "--no-process", "--quiet"], env=env, check=True,
                                       capture_output=True, text=True).stdout), 2.0))
    m.may_lose_sound = True  # told apart long ago, as far as the store knows: tidy may take it
c = sqlite3.connect(db)
c.execute("update meetings set state = 3")
c.commit()
c.close()
has_no_process = "--no-process" in subprocess.run([moim, "import", "--help"], env=env, capture_output=True, text=True).stdout
words = [do_import_text, do_edit, do_edit, do_speakers, do_delete]
sounds = [do_record, do_import_sound if has_no_process else do_import_text, do_list, do_tidy]
care = [do_doctor, do_list, do_backup, do_tidy, do_import_text]
page = [do_upload, do_http_edit, do_http_edit, do_delete]
threads = [threading.Thread(target=work, args=(w, arg.seed * 100 + i)) for i, w in enumerate([rule_daemon, words, sounds, care, page, page])]
[t.start() for t in threads]
[t.join() for t in threads]
if not faults:
    # As a user would: start it once more, end it, and let doctor finish what kills cut off.
    daemon = Daemon()
    daemon.ask("GET", "/api/v1/state")
    daemon.stop(signal.SIGTERM)
    expected = subprocess.run([moim, "doctor", "--repair", "--quick"], env=env, capture_output=True, text=True)
    if not re.search("^store +ok", expected.stdout, re.M) or re.search("^audio +PROBLEM", expected.stdout, re.M):
        faults.append(f"doctor --repair: {expected.stdout}{expected.stderr}")
    said, _ = check_file(db)
    if said:
        faults.append(f"the store is damaged: {said}")
    else:
        compare()
    faults += [f"{p}: mode {mode:o}" for p, mode in lax(os.path.join(home, "moim"))]
kinds = ", ".join(f"{n} {k}" for k, n in sorted(counts.items()))
print(f"{time.time() - start:.0f} s, seed {arg.seed}: {len(ledger)} meetings in the ledger; {kinds}; slowest answer {slowest:.1f} s", flush=True)
if faults:
    sys.exit("FAIL: " + "\n".join(faults[:20]) + f"\n(kept in {home})")
print("nothing acknowledged is missing, the store is whole")
shutil.rmtree(home)
