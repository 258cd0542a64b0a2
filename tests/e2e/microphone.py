"""The chosen microphone is one setting for the command line and the page. ALSA's null devices stand for microphones; they give silence as
fast as it is read, so every recording ends at once."""
import json, os, shutil, signal, sqlite3, subprocess, tempfile

from serve_client import MOIM, Daemon, until

data = tempfile.mkdtemp(prefix="moim-microphone-")
store = os.path.join(data, "moim")
os.makedirs(store, mode=0o700)
with open(os.path.join(data, "alsa.conf"), "w") as f:
    f.write("".join("pcm.%s { type null }\n" % name for name in ("desk", "wall", "default")))
env = {"ALSA_CONFIG_PATH": f.name, "JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": "moim-none", "XDG_DATA_HOME": data,
       "MOIM_MODELS": os.path.join(data, "none")}  # nothing is recognised here


def moim(*args):
    return subprocess.run([MOIM, *args], env={**os.environ, **env}, capture_output=True, text=True)


def heard():
    """Whether the recording that goes on has sound: more than the header of its file."""
    name = sqlite3.connect(f"file:{store}/moim.db?mode=ro", uri=True).execute("select audio from meetings where duration = 0").fetchall()
    return any(a and os.path.exists(f"{store}/audio/{a}") and os.path.getsize(f"{store}/audio/{a}") > 4096 for (a,) in name)


def recorded(*args):
    """Which microphone `moim record` takes."""
    p = subprocess.Popen([MOIM, "record", "--no-captions", "--no-process", *args], env={**os.environ, **env}, stdout=subprocess.PIPE, text=True)
    rows = lambda: sqlite3.connect(f"file:{store}/moim.db?mode=ro", uri=True).execute("select id, source from meetings where duration = 0").fetchall()
    row = until(lambda: rows() or p.poll() is not None and [(0, f"nothing: exit {p.returncode}")], "a recording")[0]
    until(lambda: p.poll() is not None or heard(), "sound")  # a recording of nothing is none
    p.send_signal(signal.SIGINT)
    assert p.wait() == 0 and p.stdout.read().split() == [str(row[0])], row
    return row[1]


def shown():
    """What the page shows, in its settings and in its list."""
    chosen = d.ok("GET", "/api/v1/settings")["microphone"]
    listed = [x["name"] for x in d.ok("GET", "/api/v1/devices") if x["chosen"]]
    assert listed == [chosen], (listed, chosen)
    return chosen


# The command line's own file of earlier versions is taken over, once.
old = os.path.join(store, "device.conf")
with open(old, "w") as f:
    f.write("wall\n")
d = Daemon(data, env=env)
try:
    assert shown() == "wall" and not os.path.exists(old)
    assert [x["name"] for x in json.loads(moim("devices", "--json").stdout) if x["chosen"]] == ["wall"]

    # Chosen on the page, used by the command line.
    d.ok("PATCH", "/api/v1/settings", {"microphone": "desk"})
    assert recorded() == "desk"
    assert any(line.split()[1:3] == ["*", "desk"] for line in moim("devices").stdout.splitlines()), moim("devices").stdout

    # Chosen on the command line, used by the page; an index is kept as a name.
    assert recorded("--device", "1") == "wall" and shown() == "wall"
    started = d.ok("POST", "/api/v1/recording", {"captions": False}, want=201)
    d.ok("POST", "/api/v1/recording/stop")
    assert started["device"] == "wall", started
    assert recorded("--device", "desk") == "desk" and shown() == "desk"

    # What is not there is not chosen, nor is the file of a recording.
    p = moim("record", "--device", "attic", "--no-captions", "--no-process")
    assert p.returncode == 66 and 'no microphone "attic"' in p.stderr, (p.returncode, p.stderr)
    assert shown() == "desk"
    with open(old, "w") as f:
        f.write("wall\n")
    assert recorded() == "desk" and not os.path.exists(old) and shown() == "desk"
finally:
    d.stop()
shutil.rmtree(data)
print("one microphone for the command line and the page")
