"""Writes that fail for a while (tests/torture/failing.c): under a running daemon and the command line, and for those that start meanwhile."""
import errno, glob, shutil, sys
from serve_client import *

home = os.path.realpath(tempfile.mkdtemp())
os.mkdir(os.path.join(home, "models"))
store, when, shim = os.path.join(home, "moim"), os.path.join(home, "when"), os.path.join(home, "failing.so")
subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-Wall", "-Werror", "tests/torture/failing.c", "-o", shim, "-ldl"], check=True)
extra = {"XDG_DATA_HOME": home, "MOIM_MODELS": os.path.join(home, "models"), "LD_PRELOAD": shim, "FAILING_WHEN": when, "FAILING_BELOW": store + "/"}
sample, wav = os.path.join(SAMPLES, "two_cities.wav"), os.path.join(home, "two.wav")
subprocess.run(["sox", sample, wav, "trim", "0", "2"], check=True)


def cli(*a, fails=False):
    p = subprocess.run([MOIM, *a], env={**os.environ, **extra}, capture_output=True, text=True)
    assert (p.returncode != 0) == fails and p.returncode >= 0, (str(a)[:200], p.returncode, p.stdout[:500], p.stderr[:500])
    assert not fails or (p.stderr.startswith("moim: ") and p.stderr.count("\n") == 1), p.stderr
    return p.stdout


def fail(code):
    with open(when + ".tmp", "w") as f:
        f.write(str(code))
    os.rename(when + ".tmp", when)


def well():
    os.unlink(when)


def sounds():
    return sorted(glob.glob(store + "/audio/*.flac"))


def listed():
    return {m["id"] for m in json.loads(cli("list", "--json", "--quiet"))}


def all_works(d, id, seg, say):
    """Everything that writes, by the daemon that was there and by the command line."""
    if d:
        assert d.ok("PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": say})["text"] == say
        new = d.ok("POST", "/api/v1/meetings?name=two.wav", open(wav, "rb").read(), want=201, headers={"Content-Type": "audio/wav"})["id"]
        until(lambda: not any(j["state"] in ("queued", "running") for j in d.ok("GET", "/api/v1/jobs")), "its job")
        d.ok("DELETE", f"/api/v1/meetings/{new}", want=204)
        assert d.ok("DELETE", "/api/v1/trash")["deleted"] == 1
    cli("edit", str(id), str(seg), say + " again")
    cli("delete", "--for-good", cli("import", wav, "--no-process").strip())


def main():
    global d
    with open(os.path.join(home, "t.txt"), "w") as f:
        f.write("Kim: one\nLee: two\n")
    id = int(cli("import", os.path.join(home, "t.txt"), "--no-process"))
    seg = json.loads(cli("show", str(id), "--json"))["segments"][0]["id"]
    kept = int(cli("import", wav, "--no-process"))
    d = Daemon(home, "--from", sample, "--loop", env=extra)
    until(lambda: not any(j["state"] in ("queued", "running") for j in d.ok("GET", "/api/v1/jobs")), "its jobs")
    before, rows = sounds(), listed()
    for code, status in ((errno.EROFS, 500), (errno.EIO, 500), (errno.ENOSPC, 507)):
        fail(code)
        d.refused(status, "PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": "lost"})
        s = d.request("POST", "/api/v1/recording", {"captions": False})
        assert s[0] >= 500, s
        s = d.request("POST", "/api/v1/meetings?name=two.wav", open(wav, "rb").read(), headers={"Content-Type": "audio/wav"})
        assert s[0] in (500, 507), s
        cli("edit", str(id), str(seg), "lost", fails=True)
        cli("import", wav, "--no-process", fails=True)
        if code != errno.ENOSPC:  # there, deleting is how room is made
            d.refused(status, "DELETE", f"/api/v1/meetings/{kept}")
            cli("delete", "--for-good", str(kept), fails=True)
        assert d.ok("GET", f"/api/v1/meetings/{id}")["segments"][0]["text"] != "lost"
        assert listed() == rows == {m["id"] for m in d.ok("GET", "/api/v1/meetings")["meetings"]} and sounds() == before, sounds()
        well()
        all_works(d, id, seg, f"after {errno.errorcode[code]}")
        assert sounds() == before and listed() == rows
    d.stop()
    for code in (errno.EROFS, errno.EIO, errno.ENOSPC):  # nobody else there: the store must be opened in that state
        fail(code)
        assert listed() == rows
        cli("edit", str(id), str(seg), "lost", fails=True)
        well()
        all_works(None, id, seg, f"alone after {errno.errorcode[code]}")
    # A program that stays, opened when nothing could be written: an assistant's bridge.
    fail(errno.ENOSPC)
    p = subprocess.Popen([MOIM, "mcp"], env={**os.environ, **extra}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ask = lambda: (p.stdin.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list","arguments":{}}}\n'), p.stdin.flush(), p.stdout.readline())[2]
    assert '"isError":false' in ask().replace(" ", "")
    well()
    all_works(None, id, seg, "beside a bridge")
    assert '"isError":false' in ask().replace(" ", "")
    p.stdin.close()
    assert p.wait(PATIENCE) == 0
    assert subprocess.run(["sqlite3", store + "/moim.db", "pragma integrity_check; pragma foreign_key_check"], capture_output=True, text=True).stdout == "ok\n"
    assert sounds() == before and not glob.glob(store + "/audio/.removed*") and not glob.glob(store + "/audio/upload-*"), os.listdir(store + "/audio")


d = None
try:
    main()
finally:
    if d and d.p.poll() is None:
        d.p.kill()
shutil.rmtree(home)
print("failing disk: all well")
