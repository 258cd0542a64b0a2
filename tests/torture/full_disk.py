"""A disk that is full for a while, under a daemon and the command line beside it: reading goes on, what cannot be written is refused, a
meeting can be deleted, and with room again everything works without a restart.  full_disk.py DIR, which lies on a small disk."""
import glob, json, os, shutil, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from serve_client import *

home = sys.argv[1]
os.mkdir(os.path.join(home, "models"))
env = {**os.environ, "XDG_DATA_HOME": home, "MOIM_MODELS": os.path.join(home, "models")}
sample = os.path.join(SAMPLES, "two_cities.wav")
fillers = []


def cli(*a, fails=None):
    p = subprocess.run([MOIM, *a], env=env, capture_output=True, text=True)
    assert (p.returncode == 0) == (fails is None) and (not fails or fails in p.stderr), (str(a)[:200], p.returncode, p.stdout[:500], p.stderr[:500])
    return p.stdout


def fill():
    fillers.append(os.path.join(home, f"filler-{len(fillers)}"))
    with open(fillers[-1], "wb", buffering=0) as f:
        for block in (1 << 24, 1 << 16, 1 << 12, 1):
            try:
                while True:
                    f.write(bytes(block))
            except OSError:
                pass


def room():
    while fillers:
        os.unlink(fillers.pop())


def until_full(d, id, seg):
    """The log has some room of its own: writes until the disk says no."""
    for i in range(5000):
        status, _, said = d.request("PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": f"{i} " + "word " * 500})
        if status == 507:
            assert said["error"]["code"] == "disk_full", said
            return
        assert status == 200, said
        fill()
    raise AssertionError("the disk does not fill up")


def all_works(d, id, seg):
    assert d.ok("PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": "room again"})["text"] == "room again"
    cli("edit", str(id), str(seg), "by the command line")
    rec = d.ok("POST", "/api/v1/recording", {"captions": False}, want=201)["id"]
    until(lambda: (d.ok("GET", "/api/v1/recording")["recording"] or {}).get("duration_s", 0) > 0.5, "sound")
    d.ok("POST", "/api/v1/recording/stop", {})
    until(lambda: not any(j["state"] in ("queued", "running") for j in d.ok("GET", "/api/v1/jobs")), "its job")
    cli("delete", "--for-good", str(rec))


def ids(d):
    return {m["id"] for m in d.ok("GET", "/api/v1/meetings")["meetings"]}



def main():
    global d
    with open(os.path.join(home, "t.txt"), "w") as f:
        f.write("Kim: one\nLee: two\n")
    id = int(cli("import", os.path.join(home, "t.txt"), "--no-minutes"))
    seg = json.loads(cli("show", str(id), "--json"))["segments"][0]["id"]
    sound = [int(cli("record", "--from", sample, "--fast", "--no-captions", "--no-process", "--quiet")) for _ in range(3)]
    d = Daemon(home, "--from", sample, "--loop", env={"MOIM_MODELS": env["MOIM_MODELS"]})
    until(lambda: not any(j["state"] in ("queued", "running") for j in d.ok("GET", "/api/v1/jobs")), "its jobs")

    for begun_full in (False, True):
        if begun_full:  # and one that starts on a full disk
            d.stop()
        fill()
        if begun_full:
            d = Daemon(home, "--from", sample, "--loop", env={"MOIM_MODELS": env["MOIM_MODELS"]})
        until_full(d, id, seg)
        before = ids(d)
        assert id in before and set(sound) & before
        cli("edit", str(id), str(seg), "x " * 50000, fails="the disk is full")
        assert {m["id"] for m in json.loads(cli("list", "--json", "--quiet"))} == before
        d.refused(507, "POST", "/api/v1/recording", {"captions": False})
        assert ids(d) == before
        # To delete is how room is made.
        gone = sound.pop()
        _, _, said = d.request("DELETE", f"/api/v1/meetings/{gone}")  # the trash keeps the sound
        assert not said or "forever=1" in said["error"]["message"], said
        d.ok("DELETE", f"/api/v1/meetings/{gone}?forever=1", want=204)
        assert gone not in ids(d) and gone not in {m["id"] for m in json.loads(cli("list", "--json", "--quiet"))}
        fill()
        until_full(d, id, seg)
        room()
        all_works(d, id, seg)
        cli("doctor", "--quick", fails="problem")  # models are missing; the store is well
    d.stop()
    fill()  # nobody else is there: the command line alone
    assert str(id) in cli("list", "--quiet")
    cli("delete", "--for-good", str(sound.pop()))
    room()
    cli("edit", str(id), str(seg), "at the end")
    left = {os.path.basename(f) for f in glob.glob(os.path.join(home, "moim/audio/*")) + glob.glob(os.path.join(home, "moim/audio/.*"))}

    assert not left, left
    assert subprocess.run(["sqlite3", os.path.join(home, "moim/moim.db"), "pragma integrity_check; pragma foreign_key_check"], capture_output=True, text=True).stdout == "ok\n"
    print("full disk, daemon and command line: all well")


d = None
try:
    main()
finally:
    if d and d.p.poll() is None:
        d.p.kill()
