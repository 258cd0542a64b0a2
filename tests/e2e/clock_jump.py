"""A recording outlives what happens to time: the clock set an hour forward and two back, the program stopped for some seconds. One meeting,
as long as it took, and the screen never stands still."""
import shutil
from serve_client import *

data = tempfile.mkdtemp()
shim, wall = os.path.join(data, "wall_clock.so"), os.path.join(data, "offset")
subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-Wall", "-Werror", "tests/torture/wall_clock.c", "-o", shim], check=True)


def set_clock(seconds):
    with open(wall + ".new", "w") as f:
        f.write(str(seconds))
    os.rename(wall + ".new", wall)


def goes_on(more=1.0):
    """The recorder tells of more sound within a minute; a wait by the time of day would last an hour."""
    was = [e["duration_s"] for k, e in list(ev.seen) if k == "level"][-1]
    ev.wait("level", lambda e: e["duration_s"] > was + more, timeout=60)


set_clock(0)
d = Daemon(data, "--from", os.path.join(SAMPLES, "two_cities.wav"), "--loop", env={"LD_PRELOAD": shim, "WALL_CLOCK": wall})
try:
    ev = Events(d)
    begun, day = time.monotonic(), time.time()
    id = d.ok("POST", "/api/v1/recording", {"title": "Clocks", "captions": False}, want=201)["id"]
    ev.wait("level", lambda e: e["duration_s"] > 0.5)
    for offset in (3600, -3600, 0):
        set_clock(offset)
        goes_on()
        d.ok("POST", "/api/v1/recording/bookmark", {"note": f"clock {offset}"}, want=201)
    d.p.send_signal(signal.SIGSTOP)
    time.sleep(3)
    d.p.send_signal(signal.SIGCONT)
    goes_on(3.5)  # what was missed comes, too
    set_clock(-3600)  # and it may end in the past
    goes_on()
    row = d.ok("POST", "/api/v1/recording/stop")
    longest = time.monotonic() - begun + 0.1
    # The simulated microphone loses nothing; more sound than time there cannot be.
    assert longest - 5 < row["duration_s"] < longest, (row, longest)
    assert d.ok("GET", "/api/v1/meetings")["total"] == 1
    m = d.ok("GET", f"/api/v1/meetings/{id}")
    at = [b["at"] for b in m["bookmarks"] if b["note"].startswith("clock")]
    assert len(at) == 3 and at == sorted(at) and at[0] > 1 and at[2] < row["duration_s"] - 3, m["bookmarks"]
    started = time.mktime(time.strptime(m["started_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert abs(started - day) < 60, (m["started_at"], day)
    d.stop()
finally:
    if d.p.poll() is None:
        d.p.kill()
shutil.rmtree(data)
print("clocks: all well")
