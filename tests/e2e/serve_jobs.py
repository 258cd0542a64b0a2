"""Jobs: one asked for again while it runs runs again; one whose meeting is in another program's hands waits; what cannot be done is refused."""
import fcntl, shutil, struct
from serve_client import *

data = tempfile.mkdtemp()
env = {**os.environ, "XDG_DATA_HOME": data}


def cli(*a, fails=None):
    p = subprocess.run([MOIM, *a], env=env, capture_output=True, text=True)
    assert (p.returncode == 0) == (fails is None) and (not fails or fails in p.stderr), (a, p.returncode, p.stdout, p.stderr)
    return p.stdout


def hold(id):
    """As another moim that is at work on a meeting: its byte of the lock file."""
    fd = os.open(os.path.join(data, "moim/moim.db.meetings-lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, id, 1, 0))  # F_OFD_SETLK
    return fd


def versions(id):
    return json.loads(cli("minutes", str(id), "--versions", "--json"))


def idle(d):
    return not any(j["state"] in ("queued", "running") for j in d.ok("GET", "/api/v1/jobs"))


def main():
    global d
    with open(os.path.join(data, "t.txt"), "w") as f:
        for n in range(260):  # work for some seconds
            f.write(f"Kim: Could you write page {n} of the report by Friday?\nLee: Yes, I will write page {n} by Friday.\n")
    id = int(cli("import", os.path.join(data, "t.txt"), "--no-minutes"))
    d = Daemon(data)
    until(lambda: idle(d), "what was left")
    path, body, had = f"/api/v1/meetings/{id}/minutes", {"model": "qwen-0.5b"}, len(versions(id))

    # While it is written it may already be about what was said before the last correction: asked again, it is written again.
    first = d.ok("POST", path, body, want=202)
    running = lambda: [j for j in d.ok("GET", "/api/v1/jobs") if j["id"] == first["id"] and j["state"] == "running"]
    until(lambda: any("stage" in j for j in running()), "the first to have the meeting")
    second = d.ok("POST", path, body, want=202)
    assert second["id"] != first["id"] and second["state"] == "queued", (first, second)
    assert d.ok("POST", path, body, want=202)["id"] == second["id"]  # one that waits is enough
    cli("delete", "--for-good", str(id), fails="is being recorded or processed")
    cli("delete", str(id), fails="is being recorded or processed")
    cli("minutes", str(id), "--redo", "--minutes-model", "none", fails="is being recorded or processed")
    cli("speakers", str(id), "split", "1", fails="is being recorded or processed")
    d.refused(409, "DELETE", f"/api/v1/meetings/{id}")
    # The one at work is stopped: it writes nothing, and the next has its turn.
    assert d.ok("DELETE", f"/api/v1/jobs/{first['id']}")["state"] == "running"
    until(lambda: not running(), "the first to stop")
    until(lambda: idle(d), "the second")
    assert len(versions(id)) == had + 1, versions(id)

    # In other hands: it waits, says so, and is done when they let go.
    fd = hold(id)
    job = d.ok("POST", path, body, want=202)
    mine = lambda: next((j for j in d.ok("GET", "/api/v1/jobs") if j["id"] == job["id"]), None)
    until(lambda: "is being recorded or processed" in mine().get("note", ""), "the reason")
    assert mine()["state"] in ("queued", "running") and len(versions(id)) == had + 1
    os.close(fd)
    until(lambda: idle(d), "its turn")
    assert len(versions(id)) == had + 2

    # Without sound there is nothing to recognise: refused, and all stays as it is.
    before = d.ok("GET", f"/api/v1/meetings/{id}")
    d.refused(409, "POST", f"/api/v1/meetings/{id}/process", {"again": True})
    after = d.ok("GET", f"/api/v1/meetings/{id}")
    assert (after["state"], after.get("error"), after["segments"]) == (before["state"], before.get("error"), before["segments"]) and after["state"] == "summarized", after
    d.refused(404, "POST", "/api/v1/meetings/999/process", {"again": True})


d = None
try:
    main()
    d.stop()
finally:
    if d and d.p.poll() is None:
        d.p.kill()
shutil.rmtree(data)
print("jobs: all well")
