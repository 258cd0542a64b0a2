"""After the end of a recording its captions are the meeting's lines, as a draft, until the transcript takes their place; each stage is told."""
import fcntl, shutil, struct
from serve_client import *

data = tempfile.mkdtemp()
d = Daemon(data, "--from", os.path.join(SAMPLES, "two_cities.wav"))
try:
    ev = Events(d)
    d.ok("PATCH", "/api/v1/settings", {"minutes_model": "none", "speech_language": "en"})
    id = d.ok("POST", "/api/v1/recording", {"title": "Draft", "captions": True, "language": "en"}, want=201)["id"]
    line = ev.wait("caption", lambda c: c["kind"] == "final")
    said = line["text"]
    # Who speaks follows, and who comes late gets both.
    told = ev.wait("caption", lambda c: c["kind"] == "speakers" and c["line"] == line["line"])
    assert " ".join(p["text"] for p in told["parts"]) == said and told["parts"][0]["speaker"] == "Speaker 1", told
    late = [c for c in d.ok("GET", "/api/v1/recording")["captions"] if c["line"] == line["line"]]
    assert late[0]["speaker_number"] == 1 and late[0]["kind"] == "final", late
    # As another moim at work on the meeting, so that the draft stays until this lets go.
    fd = os.open(os.path.join(data, "moim/moim.db.meetings-lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, id, 1, 0))  # F_OFD_SETLK
    d.ok("POST", "/api/v1/recording/stop")
    m = d.ok("GET", f"/api/v1/meetings/{id}")
    assert m["draft"] and m["state"] == "recorded" and m["language"] == "en" and m["segments"][0]["text"] == said and m["segments"][0]["speaker_number"] == 1, m
    shown = subprocess.run([MOIM, "show", str(id)], env={**os.environ, "XDG_DATA_HOME": data}, capture_output=True, text=True, check=True)
    assert said in shown.stdout and "draft" in shown.stderr, shown
    assert d.ok("GET", "/api/v1/search?q=" + said.split()[0])["hits"], said
    refused = subprocess.run([MOIM, "speakers", str(id), "find", "2"], env={**os.environ, "XDG_DATA_HOME": data}, capture_output=True, text=True)
    assert refused.returncode, refused

    os.close(fd)
    done = ev.wait("job", lambda j: j["meeting"] == id and j["state"] in ("done", "failed"))
    assert done["state"] == "done", done
    m = d.ok("GET", f"/api/v1/meetings/{id}")
    assert "draft" not in m and m["state"] == "summarized" and m["segments"][0]["words"], m
    # News of the meeting came with the end of a stage, not with the end of all of it alone.
    order = [k if k == "meeting" else e["state"] for k, e in ev.seen if (k == "meeting" and e["id"] == id) or (k == "job" and e["meeting"] == id)]
    assert "meeting" in order[order.index("running"):order.index("done")], order
    d.stop()
finally:
    if d.p.poll() is None:
        d.p.kill()
shutil.rmtree(data)
print("draft: all well")
