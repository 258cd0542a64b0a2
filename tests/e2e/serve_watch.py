"""`moim serve --watch DIR`: what comes into the folder becomes meetings, whole and once; what cannot is put aside with the reason."""
import os, shutil, subprocess, tempfile

from serve_client import MOIM, Daemon, until


def titles(d):
    return sorted(m["title"] for m in d.ok("GET", "/api/v1/meetings")["meetings"])


with tempfile.TemporaryDirectory() as home:
    data, folder = os.path.join(home, "data"), os.path.join(home, "in folder")
    os.mkdir(data)
    p = subprocess.run([MOIM, "serve", "--port", "0", "--watch", os.path.join(home, "nowhere")], capture_output=True, text=True,
                       env={**os.environ, "XDG_DATA_HOME": data}, timeout=60)
    assert p.returncode and "nowhere" in p.stderr, p
    os.mkdir(folder)
    there = lambda *path: os.path.exists(os.path.join(folder, *path))
    with open(os.path.join(folder, "before.txt"), "w") as f:  # there before the daemon is
        f.write("Kim: one\nLee: two\n")
    d = Daemon(data, "--watch", folder, env={"MOIM_MODELS": os.path.join(home, "no models")})
    until(lambda: there("done", "before.txt"), "what was there before")
    assert titles(d) == ["before"] and not there("before.txt")

    growing = open(os.path.join(folder, "회의.txt"), "w")  # whole only when nobody writes it any more
    growing.write("Kim: first\n")
    growing.flush()
    with open(os.path.join(folder, "broken.wav"), "wb") as f:
        f.write(b"RIFF")
    with open(os.path.join(folder, "later.txt.part"), "w") as f:
        f.write("Kim: part\n")
    os.symlink("/etc/passwd", os.path.join(folder, "link.txt"))
    until(lambda: there("failed", "broken.wav.txt"), "the broken one to be put aside")
    assert there("failed", "broken.wav") and "broken.wav" in open(os.path.join(folder, "failed", "broken.wav.txt")).read()
    assert there("회의.txt"), "taken while it is written"
    growing.write("Lee: second\n")
    growing.close()
    os.rename(os.path.join(folder, "later.txt.part"), os.path.join(folder, "later.txt"))
    until(lambda: there("done", "회의.txt") and there("done", "later.txt"), "what is whole now")
    assert titles(d) == ["before", "later", "회의"], titles(d)
    id = next(m["id"] for m in d.ok("GET", "/api/v1/meetings")["meetings"] if m["title"] == "회의")
    assert [s["text"] for s in d.ok("GET", f"/api/v1/meetings/{id}")["segments"]] == ["first", "second"]
    assert there("link.txt") and not there("done", "link.txt")

    shutil.copy(os.path.join(folder, "done", "before.txt"), os.path.join(folder, "before.txt"))  # the same name again
    until(lambda: len(titles(d)) == 4, "the same name again")
    until(lambda: not there("before.txt"), "it to be put away")
    assert len([n for n in os.listdir(os.path.join(folder, "done")) if n.startswith("before")]) == 2
    until(lambda: not [j for j in d.ok("GET", "/api/v1/jobs") if j["state"] in ("queued", "running")], "the jobs")
    d.stop()
print("a watched folder: all well")
