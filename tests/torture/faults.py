#!/usr/bin/env python3
"""What can fail below the program fails, one call after another (tests/torture/nth_fault.c): each allocation, open, read, write, sync,
rename, link, removal, directory and truncation that a command makes, its libraries' own among them.

Each command is run on a copy of a small store, with its Nth call failing, for the first and the last N of every place in the program
that the calls come from. Each time: no signal; one line on standard error when the command failed, the usual output when it did not;
the store passes every check; what was there is there; the change is there whole or not at all, or `doctor --repair` makes it so; nothing
is left lying about; and a command that failed does its work when it is given again.

  faults.py [--only NAME] [--kind KIND] [--every N] [--nth N] [--limit SECONDS] [--resume FILE]

--every takes one place of N; --coarse takes what happens within a library called from one place as one place. --resume keeps in FILE what has been tried, so that a run that was cut off goes on.
--nth shows one of them (with --only and --kind). MOIM: the program, which may be one with AddressSanitizer.
"""
import argparse, collections, concurrent.futures, hashlib, json, os, random, re, shutil, sqlite3, struct, subprocess, sys, tempfile, threading, time, zipfile

ap = argparse.ArgumentParser()
ap.add_argument("--only")
ap.add_argument("--kind")
ap.add_argument("--every", type=int, default=1)
ap.add_argument("--nth", type=int)
ap.add_argument("--coarse", action="store_true")
ap.add_argument("--limit", type=float, default=7200)
ap.add_argument("--resume")
ap.add_argument("--seed", type=int, default=1)
arg = ap.parse_args()
top = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
moim = os.path.realpath(os.environ.get("MOIM", os.path.join(top, "build/moim")))
sanitized = b"__asan_init" in open(moim, "rb").read()
cache = os.environ.get("MOIM_MODELS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
KINDS = ["alloc", "open", "read", "write", "fsync", "rename", "link", "unlink", "mkdir", "truncate"]
place = tempfile.mkdtemp(prefix="moim-nth-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
shim = os.path.join(place, "nth.so")
subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-Wall", "-Werror", os.path.join(top, "tests/torture/nth_fault.c"), "-o", shim, "-ldl"], check=True)
preload = shim
if sanitized:  # its runtime is loaded before the shim's functions are asked for
    preload += " " + subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout.strip()


# Libraries that do not look at what malloc gives them, where nothing of ours can: counted, not blamed.
CARELESS = ("libsoxr.so", "libcrypto.so", "libsndfile.so")


class Home:
    """A directory with store/ (XDG_DATA_HOME), out/ (documents, backups) and tmp/ (TMPDIR)."""

    def __init__(self, path):
        self.path = path
        self.data, self.out, self.tmp = (os.path.join(path, d) for d in ("store", "out", "tmp"))
        self.db, self.audio = os.path.join(self.data, "moim/moim.db"), os.path.join(self.data, "moim/audio")
        for d in (self.data, self.out, self.tmp):
            os.makedirs(d, exist_ok=True)

    def run(self, args, kind=None, nth=0, models=None):
        env = {**os.environ, "XDG_DATA_HOME": self.data, "TMPDIR": self.tmp, "MOIM_MODELS": models or none, "MOIM_SHARE": os.path.join(top, "firmware/packaging"),
               "ASAN_OPTIONS": "verify_asan_link_order=0:allocator_may_return_null=1",
               "OPENBLAS_NUM_THREADS": "1"}
        if kind:
            env.update({"NTH_COARSE": "1"} if arg.coarse else {}, LD_PRELOAD=preload, NTH_KIND=kind, NTH=str(nth), NTH_LOG=os.path.join(self.path, "log"))
        a = [x.replace("OUT", self.out) for x in args]
        p = subprocess.run([moim, *a], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        p.out, p.err = p.stdout.decode(errors="backslashreplace"), p.stderr.decode(errors="backslashreplace")
        return p

    def calls(self):
        """Of the run before: how many there were, and the stacks they came from."""
        with open(os.path.join(self.path, "log"), "rb") as f:
            d = f.read()
        n = struct.unpack_from("<Q", d)[0]
        return n, struct.unpack_from(f"<{min(n, len(d) // 8 - 1)}Q", d, 8)

    def files(self):
        names = [os.path.relpath(os.path.join(d, f), self.path) for d, _, fs in os.walk(self.path) for f in fs]
        return sorted(n for n in names if not re.search(r"^log(\.stack)?$|\.db-(wal|shm)$|\.db\.[a-z]+-lock$|^store/moim/(audio/)?\.lock$", n))


none = os.path.join(place, "none")
os.mkdir(none)
WHEN = {("meetings", "started_at"), ("edits", "at"), ("speaker_steps", "at"), ("minutes", "created_at"), ("jobs", "queued_at"), ("meetings", "audio"), ("meetings", "source"), ("questions", "asked_at")}
WHETHER = {"trashed_at", "changed_at", "done_at"}  # instants, 0: none


def digest(path):
    with open(path, "rb") as f:
        d = f.read()
    if d[:4] == b"fLaC":  # sizes, total and MD5 may be unknown in a whole file (RFC 9639, 8.2); what reads it does not need them
        d = d[:12] + d[18:21] + bytes([d[21] & 0xF0]) + d[42:]
    return hashlib.sha1(d).hexdigest()


def rows(db, audio, blur=False):
    """Every row of every table; instants and names of files left out, sound by its bytes. (what is wrong or None, {table: rows})"""
    if not os.path.exists(db):
        return None, {}
    c = sqlite3.connect(db)
    try:
        for check in ("integrity_check", "foreign_key_check"):
            said = c.execute(f"pragma {check}").fetchall()
            if said and said != [("ok",)]:
                return f"{check}: {said}", {}
        out = {}
        for (table,) in c.execute("select name from sqlite_master where type = 'table' and name not like '%\\_fts%' escape '\\' and name not like 'sqlite%' and name not like '%terms%'").fetchall():
            q = c.execute(f"select * from {table}")
            names = [d[0] for d in q.description]
            got = []
            for r in q.fetchall():
                r = dict(zip(names, r))
                if r.get("audio"):
                    f = os.path.join(audio, r["audio"])
                    r["sound"] = digest(f) if os.path.exists(f) else "missing"
                    if r["sound"] == "missing":
                        return f"meeting {r['id']}: {r['audio']} is missing", {}
                r.update({k: r[k] != 0 for k in WHETHER if k in r})
                r = {k: v for k, v in r.items() if (table, k) not in WHEN and not (blur and k == "error")}
                got.append(repr(r))
            if got:
                out[table] = sorted(got)
        for t in ("segments_fts", "items_fts"):
            if c.execute("select 1 from sqlite_master where name = ?", (t,)).fetchone():
                c.execute(f"insert into {t}({t}, rank) values('integrity-check', 1)")
        return None, out
    except sqlite3.DatabaseError as e:
        return str(e), {}
    finally:
        c.rollback()
        c.close()


def sound_names(db):
    if not os.path.exists(db):
        return set()
    c = sqlite3.connect(db)
    try:
        return {r[0] for r in c.execute("select audio from meetings where audio <> ''")}
    except sqlite3.DatabaseError:
        return set()
    finally:
        c.close()


def documents(h):
    """What the command wrote outside the store; of a zip its members."""
    out = {}
    for f in sorted(os.listdir(h.out)):
        p = os.path.join(h.out, f)
        if not zipfile.is_zipfile(p):
            out[f] = digest(p)
            continue
        with zipfile.ZipFile(p) as z:
            bad = z.testzip()
            out[f] = f"{bad} is damaged" if bad else sorted((i.filename.split("rec-")[0], i.file_size) for i in z.infolist() if not i.filename.endswith(".db"))
            for i in z.infolist():
                if i.filename.endswith(".db"):
                    t = tempfile.mkdtemp(dir=place)
                    z.extractall(t)
                    out[f + "/db"] = repr(rows(os.path.join(t, i.filename), os.path.join(t, "audio")))
                    shutil.rmtree(t)
    return out


def state(h):
    return rows(h.db, h.audio)


# ---- the commands

class Scenario:
    def __init__(self, name, base, args, partial=None, models=None, most=1 << 30):
        self.name, self.base, self.args, self.partial, self.models, self.most = name, base, args, partial, models, most


def others(h, before):
    """Everything of the meetings that were there before is there still."""
    now, before = rows(h.db, h.audio, True)[1], {t: [re.sub(r", 'error': ('[^']*'|\"[^\"]*\")", "", x) for x in r if "'title': 'cut off'" not in x] for t, r in before.items()}
    return all(set(r) <= set(now.get(t, [])) for t, r in before.items())


def prepare():
    bases = {}

    def base(name, of=None):
        h = Home(os.path.join(place, "base-" + name))
        if of:
            shutil.copytree(bases[of].path, h.path, dirs_exist_ok=True)
        bases[name] = h
        return h

    h = base("empty")
    h = base("full")
    with open(os.path.join(place, "talk.txt"), "w") as f:
        f.write("Kim: 회의를 시작하겠습니다\nLee: first we look at the budget\nKim: 다음 주까지 정리하겠습니다\nLee: thank you\n")
    with open(os.path.join(place, "talk.srt"), "w") as f:
        f.write("1\n00:00:01,000 --> 00:00:02,000\nKim: one\n\n2\n00:00:03,000 --> 00:00:04,500\nLee: two\n")
    subprocess.run(["sox", os.path.join(cache, "samples", "two_cities.wav"), os.path.join(place, "two.wav"), "trim", "0", "2"], check=True)

    def must(*a):
        p = h.run(list(a))
        if p.returncode:
            sys.exit(f"{a}: {p.err}")
        return p.out

    must("import", os.path.join(place, "talk.txt"), "--no-minutes")
    must("import", os.path.join(place, "two.wav"), "--no-process", "--title", "sound")
    must("import", os.path.join(place, "talk.srt"), "--no-minutes")
    seg = [s["id"] for s in json.loads(must("show", "1", "--json"))["segments"]]
    must("edit", "1", str(seg[1]), "first we look at the plan")
    must("speakers", "1", "name", "2", "Park")
    must("tag", "1", "add", "weekly")
    must("bookmark", "1", "1.5", "look here")
    must("bookmark", "2", "0.5", "and here")
    must("vocab", "add", "하이퍼클로바", "HyperCLOVA")
    must("delete", "--for-good", must("import", os.path.join(place, "talk.srt"), "--no-minutes").strip())
    whole = bases["full"]
    h = base("backup", "empty")
    p = whole.run(["backup", os.path.join(place, "full.zip")])
    if p.returncode:
        sys.exit(p.err)
    # A store of version 1, of the step that was published then.
    h = base("old")
    source = open(os.path.join(top, "storage/schema.c"), encoding="utf-8").read()
    step = re.search(r"steps\[MOIM_STORE_VERSION\] = \{\n(.*?;\"),\n", source, re.S)[1]
    step = "".join(json.loads('"' + s + '"') for s in re.findall(r'"((?:[^"\\]|\\.)*)"', step))
    os.makedirs(os.path.dirname(h.db))
    c = sqlite3.connect(h.db)
    c.executescript("PRAGMA journal_mode = WAL; " + step + """;
        INSERT INTO meetings VALUES(1, 'old', 1700000000, 9, 'ko', 4, '', 'old.wav', '');
        INSERT INTO segments(id, meeting, start, end, speaker, text) VALUES(1, 1, 0, 2, 1, '처음 하는 말'), (2, 1, 2, 4, 2, 'the second');
        INSERT INTO speakers VALUES(1, 1, 'Kim'); INSERT INTO edits VALUES(1, 1, '첨 하는 말', 0, 1700000001);
        UPDATE segments SET edited = 1 WHERE id = 1;
        INSERT INTO minutes VALUES(1, 1, 'm', 'plain', 1700000002, 1); INSERT INTO items(id, minutes, kind, text) VALUES(1, 1, 'decision', 'we go');
        PRAGMA application_id = 1836018029; PRAGMA user_version = 1;""")
    c.commit()
    c.close()
    # What a crash leaves: sound without its meeting's end.
    h = base("crashed", "full")
    name = "rec-20200101-000000.flac"
    subprocess.run([moim, "record", "--from", os.path.join(place, "two.wav"), "--no-captions", "--no-process", "--fast", "--title", "cut off"], check=True, capture_output=True,
                   env={**os.environ, "XDG_DATA_HOME": h.data, "MOIM_MODELS": none, "MOIM_SHARE": os.path.join(top, "firmware/packaging")})
    c = sqlite3.connect(h.db)
    c.execute("update meetings set duration = 0 where title = 'cut off'")
    sound = c.execute("select audio from meetings where title = 'cut off'").fetchone()[0]
    c.commit()
    c.close()
    os.truncate(os.path.join(h.audio, sound), os.path.getsize(os.path.join(h.audio, sound)) * 2 // 3)
    return bases, seg


bases, seg = prepare()
two = os.path.join(place, "two.wav")
S = Scenario
scenarios = [
    S("record", "full", ["record", "--from", two, "--fast", "--no-captions", "--no-process", "--title", "new"], partial=others),
    S("import sound", "full", ["import", two, "--no-process", "--title", "new"], partial=others),
    S("import text", "full", ["import", os.path.join(place, "talk.txt"), "--no-minutes"], partial=others),
    S("import subtitles", "empty", ["import", os.path.join(place, "talk.srt"), "--no-minutes"], partial=others),
    S("edit", "full", ["edit", "1", str(seg[2]), "다음 달까지 정리하겠습니다"]),
    S("undo", "full", ["edit", "1", str(seg[1]), "--undo"]),
    S("title", "full", ["edit", "1", "--title", "새 제목"]),
    S("name", "full", ["speakers", "1", "name", "1", "김민수"]),
    S("merge", "full", ["speakers", "1", "merge", "2", "1"]),
    S("move", "full", ["speakers", "1", "move", str(seg[0]), "2"]),
    S("tag", "full", ["tag", "1", "add", "budget", "weekly"]),
    S("bookmark", "full", ["bookmark", "1", "2", "a note"]),
    S("vocab", "full", ["vocab", "add", "모임", "moim"]),
    S("delete", "full", ["delete", "--for-good", "2"]),
    S("delete text", "full", ["delete", "--for-good", "1"]),
    S("trash", "full", ["delete", "1"]),
    S("tidy", "full", ["tidy", "--quota", "0"]),
    S("backup", "full", ["backup", "OUT/b.zip"]),
    S("restore", "backup", ["restore", os.path.join(place, "full.zip")]),
    S("migrate", "old", ["list", "--json", "--quiet"]),
    S("repair", "crashed", ["doctor", "--repair", "--quick"], partial=others),
    S("doctor", "full", ["doctor", "--quick", "--json"]),
    S("list", "full", ["list", "--json", "--quiet"]),
    S("show", "full", ["show", "1", "--json"]),
    S("search", "full", ["search", "회의를", "--json"]),
    S("speakers", "full", ["speakers", "1", "--json"]),
    S("export md", "full", ["export", "1", "--output", "OUT/a.md"]),
    S("export json", "full", ["export", "1", "--format", "json", "--output", "OUT/a.json"]),
    S("export html", "full", ["export", "2", "--with-audio", "--output", "OUT/a.html"]),
    S("export docx", "full", ["export", "1", "--output", "OUT/a.docx"]),
    S("export zip", "full", ["export", "2", "--with-audio", "--format", "txt", "--output", "OUT/a.zip"]),
]


# ---- one of them

class Trial:
    def __init__(self, s):
        self.s = s
        self.before = state(bases[s.base])[1]
        h = self.copy()
        p = h.run(s.args, models=s.models)
        self.want = (p.returncode, self.said(p.out), state(h)[1], documents(h))
        self.remarks = set(p.err.splitlines())
        if p.returncode and s.name not in ("doctor", "repair"):
            sys.exit(f"{s.name}: {p.err}")
        self.files = h.files()
        shutil.rmtree(h.path)

    def copy(self):
        path = tempfile.mkdtemp(dir=place)
        shutil.copytree(bases[self.s.base].path, path, dirs_exist_ok=True)
        return Home(path)

    def said(self, out):
        return re.sub(r"rec-[\d-]+|\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?|\b1[67]\d{8}\b|[\d.]+ GB|/\S*moim-nth-\S*", "#", re.sub(r'"started_at":\s*\d+', "", out))

    def places(self, kind):
        """The first and the last call of every stack."""
        h = self.copy()
        h.run(self.s.args, kind=kind, models=self.s.models)
        n, stacks = h.calls()
        shutil.rmtree(h.path)
        first, last = {}, {}
        for i, x in enumerate(stacks, 1):
            first.setdefault(x, i)
            last[x] = i
        return n, sorted(set(first.values()) | set(last.values()))

    def try_one(self, kind, nth):
        """What is wrong, or None; and whether the call was reached."""
        h = self.copy()
        try:
            p = h.run(self.s.args, kind=kind, nth=nth, models=self.s.models)
            wrong = self.judge(h, p, kind)
            reached = os.path.exists(os.path.join(h.path, "log.stack"))
            if wrong or arg.nth:
                wrong = f"{self.s.name}, {kind} {nth}: {wrong}\n    exit {p.returncode}; said {p.err.strip()[-3000 if sanitized else -400:]!r}\n{self.stack(h)}"
            return wrong, reached, p.returncode
        except subprocess.TimeoutExpired:
            return f"{self.s.name}, {kind} {nth}: no end\n{self.stack(h)}", True, 0
        finally:
            shutil.rmtree(h.path)

    def first_library(self, h):
        try:
            with open(os.path.join(h.path, "log.stack")) as f:
                return next((os.path.basename(l.split(" ")[0]) for l in f if "nth.so" not in l), "")
        except OSError:
            return ""

    def stack(self, h):
        out = []
        try:
            lines = open(os.path.join(h.path, "log.stack")).read().split("\n")
        except OSError:
            return ""
        for l in lines:
            f, _, at = l.rpartition(" ")
            if f == moim:
                s = subprocess.run(["addr2line", "-pfsie", moim, at], capture_output=True, text=True).stdout.split("\n")[0]
                out.append(s.split(" (")[0])
            elif f and "nth.so" not in f:
                out.append(os.path.basename(f))
        return "      " + " < ".join(out[:14])

    def judge(self, h, p, kind):
        rc, out, after, papers = self.want
        if p.returncode == -11 and kind == "alloc" and self.first_library(h).startswith(CARELESS):
            return None
        if p.returncode < 0 or p.returncode in (98, 99) or "Sanitizer" in p.err:
            return f"signal or sanitizer ({p.returncode})"
        # The words.
        if p.returncode and p.returncode != rc:
            lines = [l for l in p.err.splitlines() if l not in self.remarks]
            if len(lines) != 1 or not re.match(r"moim: .{8,}", lines[0]):
                return f"not one clear line"
        if any(not l.startswith("moim: ") for l in p.err.splitlines()):
            return "a line that is not the program's"
        # The store.
        fault, now = state(h)
        if fault:
            return f"the store: {fault}"
        if p.returncode == rc and ("truncated" in p.err or self.s.name in ("repair", "doctor")):  # the meetings' own problems stay
            if rc and kind != "write" and "PROBLEM" not in p.out and not json.loads(p.out or "[]"):
                return "exit without a word"
            if not others(h, self.before):
                return "something else is gone"
        elif p.returncode == rc:
            if now != after:
                return f"exit {rc}, but the store is not as it should be: {self.differ(now, after)}"
            if self.said(p.out) != out:
                return f"exit {rc}, but said {p.out[:300]!r}, not {out[:300]!r}"
            got = documents(h)
            if got != papers and not (kind == "unlink" and papers.items() <= got.items()):
                return f"exit {rc}, but wrote {got}, not {papers}"
        elif now != self.before and now != after:
            if not self.s.partial or not self.s.partial(h, self.before):
                return f"the store is half changed: {self.differ(now, self.before)}"
        if p.returncode and p.returncode != rc and documents(h) not in ({}, papers):
            return f"left {documents(h)}"
        return self.again(h, p, now, kind)

    def again(self, h, p, now, kind):
        """What was cut off is finished, or can be done again; nothing lies about."""
        rc, out, after, papers = self.want
        failed, helped = p.returncode not in (0, rc), False
        if (self.stray(h) and kind != "unlink") or (now != self.before and now != after):  # a removal that fails leaves what it was to remove
            helped = True
            d = h.run(["doctor", "--repair", "--quick"])
            if not re.search("^store +ok", d.out, re.M) or re.search("^audio +PROBLEM", d.out, re.M):
                return f"doctor --repair: {d.out}{d.err}"
            if self.stray(h) and kind != "unlink":
                return f"left lying about: {self.stray(h)}"
            if state(h)[0] or not (self.s.partial or state(h)[1] in (self.before, after)):
                return f"doctor --repair leaves it half changed: {state(h)}"
        if self.s.name == "repair":
            failed, now = now != after, self.before
        if failed and not helped and now == self.before and not (documents(h) and self.s.name == "backup"):
            again = h.run(self.s.args, models=self.s.models)
            if again.returncode != rc or state(h)[1] != after:
                return f"given again: exit {again.returncode}, {again.err!r}, {self.differ(state(h)[1], after)}"
        return None

    def stray(self, h):
        mine = set(self.files) | set(bases[self.s.base].files())
        known = {"store/moim/audio/" + n for n in sound_names(h.db)} | {"store/moim/audio/" + n[:-5] + ".marks" for n in sound_names(h.db)}
        return [f for f in h.files() if f not in known and (f not in mine or f.startswith("store/moim/audio/")) and not f.endswith(("moim.db", ".voices-key", ".damaged"))]

    def differ(self, a, b):
        return [f"{t}: {sorted(set(a.get(t, [])) ^ set(b.get(t, [])))[:4]}" for t in sorted(set(a) | set(b)) if a.get(t) != b.get(t)][:4]


def main():
    start, faults, counts = time.time(), [], collections.Counter()
    done = set(map(tuple, json.load(open(arg.resume)))) if arg.resume and os.path.exists(arg.resume) else set()
    book = threading.Lock()

    def one(t, kind, nth):
        if time.time() - start > arg.limit:
            counts["left for lack of time"] += 1
            return
        wrong, reached, rc = t.try_one(kind, nth)
        with book:
            counts["tried"] += 1
            counts["commands that failed"] += rc != 0
            counts["not reached"] += not reached
            if wrong:
                faults.append(wrong)
                print(wrong, flush=True)
            elif arg.resume:
                done.add((t.s.name, kind, nth))
    r = random.Random(arg.seed)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for s in scenarios:
            if arg.only and not re.fullmatch(arg.only, s.name):
                continue
            t = Trial(s)
            was = counts["tried"]
            for kind in KINDS:
                if arg.kind and kind not in arg.kind.split(","):
                    continue
                n, places = (0, [arg.nth]) if arg.nth else t.places(kind)
                if not arg.nth and arg.every > 1:
                    places = r.sample(places, (len(places) + arg.every - 1) // arg.every)
                places = [x for x in places if (s.name, kind, x) not in done][:s.most]
                list(pool.map(lambda x: one(t, kind, x), places))
                if arg.resume:
                    json.dump(sorted(done), open(arg.resume, "w"))
            print(f"{time.time() - start:.0f} s: {s.name}, {counts['tried'] - was} tried, {len(faults)} faults", flush=True)
    print(", ".join(f"{n} {k}" for k, n in counts.items()))
    if faults:
        sys.exit(f"FAIL: {len(faults)} faults\n" + "\n".join(faults[:10]))
    print("faults one by one: all well")


try:
    main()
finally:
    shutil.rmtree(place)
