"""The box by its button: a simulated one (firmware/hal.h) on a daemon that records a file. Every light is waited for."""
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


def wait(line, seconds=20):
    """Reads on until the box says line (a whole line or, with |, its first part)."""
    global seen
    end = time.time() + seconds
    while time.time() < end:
        while "\n" in seen:
            first, seen = seen.split("\n", 1)
            lines.append(first)
            if first == line or (line.endswith("|") and first.startswith(line[:-1])):
                return
        box.settimeout(max(0.01, end - time.time()))
        try:
            got = box.recv(4096).decode()
        except TimeoutError:
            continue
        if not got:
            die("the box hung up")
        seen += got
    die(f"no '{line}'")


def press(seconds=0.15):
    say("press")
    time.sleep(seconds)
    say("release")


def api(method, path):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request(method, path, headers={"X-Moim": "1"})
    r = c.getresponse()
    body = r.read()
    return json.loads(body) if body else None


try:
    wait("led ready")
    press(1.0)  # nothing to mark
    wait("led refused")
    wait("led ready")
    press()
    wait("led recording")
    wait("show REC|")
    time.sleep(0.5)
    press(1.0)
    wait("led marked")
    wait("led recording")
    say("mute on")
    wait("led paused")
    time.sleep(0.4)
    say("mute off")
    wait("led recording")
    time.sleep(0.4)
    api("POST", "/api/v1/recording/pause")  # by the page; the switch must not undo it
    wait("led paused")
    say("mute on")
    say("mute off")
    time.sleep(0.5)
    if not api("GET", "/api/v1/state")["recording"]["paused"]:
        die("the switch resumed what a person had paused")
    api("POST", "/api/v1/recording/resume")
    wait("led recording")
    say("temperature 95")  # heat: jobs are held, the recording goes on
    time.sleep(2.5)
    press()
    wait("led warning")
    jobs = api("GET", "/api/v1/state")["jobs"]
    if len(jobs) != 1 or jobs[0]["state"] not in ("queued", "running"):
        die(f"no job waits: {jobs}")
    time.sleep(1)
    if api("GET", "/api/v1/state")["jobs"][0]["state"] != "queued":
        die("a job began in the heat")
    say("mute on")
    say("temperature 60")
    wait("led off")
    if api("GET", "/api/v1/state")["jobs"] and api("GET", "/api/v1/state")["jobs"][0]["state"] == "queued":
        time.sleep(2)
        if api("GET", "/api/v1/state")["jobs"][0]["state"] == "queued":
            die("jobs stay held when it is cool again")
    press()
    wait("led refused")  # muted: nothing is started
    if api("GET", "/api/v1/state").get("muted") is not True:
        die("the state does not say that the switch is on")
    say("mute off")
    wait("led working")
    press()
    wait("led recording")
    say("battery 3")  # ends the recording while there is power
    wait("led warning")
    if api("GET", "/api/v1/state")["recording"]:
        die("a weak battery does not end the recording")
    say("battery 50")
    say("free 1000000")
    time.sleep(2.5)
    press()
    wait("led refused")
    daemon.terminate()
    if daemon.wait(30):
        die("the daemon did not end in order")
    db = sqlite3.connect(home + "/moim/moim.db")
    rows = db.execute("select id, duration from meetings order by id").fetchall()
    notes = [n for _, n in db.execute("select at, note from bookmarks where meeting = 1 order by at")]
    if len(rows) != 2 or not rows[0][1] > 2:
        die(f"meetings: {rows}")
    if "" not in notes or sum("(pause)" in n for n in notes) < 2:
        die(f"marks: {db.execute('select * from bookmarks').fetchall()}")
    print("the box: all well")
finally:
    daemon.kill()
    subprocess.run(["rm", "-rf", home])
