"""The box by its button: a simulated one (firmware/device/hal.h) on a daemon that records a file. Every light is waited for."""
import http.client, json, os, re, socket, sqlite3, subprocess, sys, tempfile, time

moim = os.path.realpath(os.environ.get("MOIM", "build/moim"))
models = os.environ.get("MOIM_MODELS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim", "models")
home = tempfile.mkdtemp(prefix="moim-box-")
door = os.path.join(home, "box")
env = dict(os.environ, XDG_DATA_HOME=home)
daemon = subprocess.Popen([moim, "serve", "--port", "0", "--from", models + "/samples/two_cities.wav", "--loop", "--hardware",
                           "sim:" + door], env=env, stdout=subprocess.PIPE, text=True)
port = int(re.search(r":(\d+)/", daemon.stdout.readline()).group(1))
box = socket.socket(socket.AF_UNIX)
box.connect(door)
seen, lines = "", []


def die(why):
    daemon.kill()
    sys.exit(f"FAIL: {why}; the box said {lines[-8:]}")


def say(line):
    box.sendall((line + "\n").encode())


def wait(*wanted, seconds=300):
    """Reads on until the box says one of these (a whole line or, with | at the end, its first part)."""
    global seen
    end = time.time() + seconds
    while time.time() < end:
        while "\n" in seen:
            first, seen = seen.split("\n", 1)
            lines.append(first)
            if any(first == w or (w.endswith("|") and first.startswith(w[:-1])) for w in wanted):
                return
        box.settimeout(max(0.01, end - time.time()))
        try:
            got = box.recv(4096).decode()
        except TimeoutError:
            continue
        if not got:
            die("the box hung up")
        seen += got
    die(f"no '{wanted}'")


def press(ms=150):
    say(f"press {ms}")  # held by the box's own clock


def sensed(line, values):
    """Says what a sensor feels and waits until the box has looked; everything said before has been heard then."""
    say(line)
    wait(f"sensed {values}")


def until(what, why, seconds=300):
    end = time.time() + seconds
    while time.time() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    die(why + repr(marks()))


def marks():
    audio = os.path.join(home, "moim", "audio")
    return b"".join(open(os.path.join(audio, f), "rb").read() for f in os.listdir(audio) if f.endswith(".marks"))


def state():
    return api("GET", "/api/v1/state")


def api(method, path):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    c.request(method, path, headers={"X-Moim": "1"})
    r = c.getresponse()
    body = r.read()
    return json.loads(body) if body else None


try:
    wait("led ready")
    press(1000)  # nothing to mark
    wait("led refused")
    wait("led ready")
    press()
    wait("led recording")
    wait("show REC|")
    press(1000)
    wait("led marked")
    wait("led recording")
    say("mute on")
    wait("led paused")
    until(lambda: b" pause" in marks(), "the switch's pause is not marked", 10)
    say("mute off")
    wait("led recording")
    until(lambda: state()["recording"]["duration_s"] > 2, "two seconds are not recorded")
    api("POST", "/api/v1/recording/pause")  # by the page; the switch must not undo it
    wait("led paused")
    until(lambda: marks().count(b" pause") == 2, "the page's pause is not marked", 10)
    say("mute on")
    say("mute off")
    sensed("temperature 40", "40 nan -1")
    if not state()["recording"]["paused"]:
        die("the switch resumed what a person had paused")
    api("POST", "/api/v1/recording/resume")
    wait("led recording")
    sensed("temperature 95", "95 nan -1")  # heat: jobs are held, the recording goes on
    press()
    wait("led warning")
    jobs = state()["jobs"]
    if len(jobs) != 1 or jobs[0]["state"] != "queued":
        die(f"no job waits: {jobs}")
    time.sleep(1)  # it has every chance to begin
    if state()["jobs"][0]["state"] != "queued":
        die("a job began in the heat")
    say("mute on")
    sensed("temperature 60", "60 nan -1")
    wait("led off")
    until(lambda: all(j["state"] != "queued" for j in state()["jobs"]), "jobs stay held when it is cool again")
    press()
    wait("led refused")  # muted: nothing is started
    if state().get("muted") is not True:
        die("the state does not say that the switch is on")
    say("mute off")
    wait("led working", "led ready")  # the job may be done by now
    press()
    wait("led recording")
    say("battery 3")  # ends the recording while there is power
    wait("led warning")
    if state()["recording"]:
        die("a weak battery does not end the recording")
    say("battery 50")
    sensed("free 1000000", "60 50 1000000")
    press()
    wait("led refused")
    daemon.terminate()
    if daemon.wait(300):
        die("the daemon did not end in order")
    db = sqlite3.connect(home + "/moim/moim.db")
    rows = db.execute("select id, duration from meetings order by id").fetchall()
    notes = [n for _, n in db.execute("select at, note from bookmarks where meeting = 1 order by at")]
    if len(rows) != 2 or not rows[0][1] >= 2:
        die(f"meetings: {rows}")
    if "" not in notes or sum("(pause)" in n for n in notes) < 2:
        die(f"marks: {db.execute('select * from bookmarks').fetchall()}")
    print("the box: all well")
finally:
    daemon.kill()
    subprocess.run(["rm", "-rf", home])
