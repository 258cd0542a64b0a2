"""A first start with nothing installed: the state says what is missing, why, and how it is had; errors carry codes that do not change."""
import io, shutil, struct, urllib.parse, wave
from serve_client import *

data, empty = tempfile.mkdtemp(), tempfile.mkdtemp()
share = tempfile.mkdtemp()
shutil.copy("firmware/packaging/models.manifest", share)
with open(os.path.join(share, "models-fetch.sh"), "w") as f:
    f.write('#!/bin/sh\nshift\necho "$@" >> "$(dirname "$0")/called"\nexit 1\n')
os.chmod(f.name, 0o755)
d = Daemon(data, env={"MOIM_MODELS": empty, "MOIM_SHARE": share})
try:
    ev = Events(d)
    state = d.ok("GET", "/api/v1/state")
    missing = {m["code"]: m for m in state["missing"]}
    assert {"recogniser", "minutes", "speakers", "meaning"} <= set(missing), missing
    assert missing["recogniser"]["blocks"] == "transcript" and missing["recogniser"]["bytes"] > 1e6, missing
    assert missing["recogniser"]["get"] == f"moim models fetch {missing['recogniser']['model']}"
    assert missing["minutes"]["blocks"] == "minutes" and missing["minutes"]["model"] == "qwen-0.5b", missing
    # The list of microphones is that of /devices, and who has none is told so, in the words of the attempt.
    devices = d.ok("GET", "/api/v1/devices")
    state = d.ok("GET", "/api/v1/state")
    assert state["microphones"] == devices, (state, devices)
    told = [m for m in state["missing"] if m["code"] == "microphone"]
    chosen = [x["name"] for x in devices if x.get("chosen")]
    assert bool(told) == (not chosen) and state.get("microphone") == (chosen[0] if chosen else None), state
    d.ok("PATCH", "/api/v1/settings", {"microphone": "no such microphone"})
    until(lambda: any(m["code"] == "microphone" for m in d.ok("GET", "/api/v1/state")["missing"]), "the loss to be told")
    if not devices:
        d.refused(501, "POST", "/api/v1/recording", {}, code="no_microphone")

    # One document for a first start; what is recommended fits, brings something, and adds up.
    setup = d.ok("GET", "/api/v1/setup")
    take = [m for m in setup["models"] if m["recommended"]]
    assert {m["brings"] for m in take} >= {"transcript", "minutes", "speakers", "search"} and not any(m["installed"] for m in take), take
    assert setup["fetch_bytes"] == sum(m["bytes"] for m in take) > 1e8 and setup["machine"]["cores"] >= 1 and not setup["done"], setup
    assert len([m for m in take if m["brings"] == "minutes"]) == 1, take
    d.ok("PATCH", "/api/v1/settings", {"setup_done": True})
    assert d.ok("GET", "/api/v1/setup")["done"]
    # The download: a fetcher that a test puts in the place of ours is called for each, one after another.
    started = d.ok("POST", "/api/v1/setup/fetch", want=202)["fetching"]
    assert sorted(started) == sorted(m["name"] for m in take), started
    for name in started[:2]:  # the others follow, a second each
        ev.wait("model", lambda e: e["name"] == name and e["state"] == "fetching")
    ev.wait("model", lambda e: e["name"] == started[0] and e["state"] == "failed")
    until(lambda: open(os.path.join(share, "called")).read().split()[:2] == started[:2], "the second")

    # A recording is taken in with what is asked for it; without models its job says what is missing.
    tone = io.BytesIO()
    with wave.open(tone, "wb") as w:
        w.setnchannels(1), w.setsampwidth(2), w.setframerate(16000)
        w.writeframes(b"".join(struct.pack("<h", 3000 * (i // 40 % 2)) for i in range(16000)))
    took = d.ok("POST", "/api/v1/meetings?name=talk.wav&title=Talk&tags=a,%20b&started_at=2026-03-04T05:06:07Z&speakers=3&minutes=0", tone.getvalue(), want=201)
    assert took["title"] == "Talk" and took["tags"] == ["a", "b"] and took["started_at"] == "2026-03-04T05:06:07Z" and took["no_minutes"], took
    for query, field in (("started_at=yesterday", "started_at"), ("speakers=many", "speakers"), ("minutes=2", "minutes"), ("language=xx", "language")):
        d.refused(400, "POST", "/api/v1/meetings?name=a.wav&" + query, tone.getvalue(), field=field)
    job = ev.wait("job", lambda e: e["meeting"] == took["id"] and e["state"] == "failed")
    assert "moim models fetch" in job["error"] and job["title"] == "Talk" and job["sound_s"] == 1, job
    assert d.ok("DELETE", f"/api/v1/jobs/{job['id']}")["state"] == "cancelled" and d.ok("GET", "/api/v1/jobs") == []

    # Kinds of minutes of one's own, by their names alone.
    own = urllib.parse.quote("영업")
    d.refused(400, "POST", "/api/v1/templates", {"name": "plain", "text": "x"}, field="name")
    d.refused(400, "POST", "/api/v1/templates", {"name": "영업", "text": "sections: nonsense"}, field="text")
    assert [t["name"] for t in d.ok("POST", "/api/v1/templates", {"name": "영업", "text": "tags: 고객, 가격\nsections: summary, actions\n고객의 요구를 먼저 쓴다."})["templates"]] == ["영업"]
    d.ok("PATCH", "/api/v1/settings", {"minutes_template": "영업"})
    d.refused(400, "PATCH", "/api/v1/settings", {"minutes_template": "/etc/hostname"}, field="minutes_template")
    d.refused(400, "POST", f"/api/v1/meetings/{took['id']}/minutes", {"template": "없는 양식"}, field="template")
    assert d.ok("DELETE", f"/api/v1/templates?name={own}")["templates"] == [] and d.ok("GET", "/api/v1/settings")["minutes_template"] == "plain"
    d.refused(404, "DELETE", f"/api/v1/templates?name={own}", code="no_template")

    # A meeting leaves as a sealed file and comes back with its passphrase alone, sound included.
    d.refused(400, "POST", f"/api/v1/meetings/{took['id']}/share", {"passphrase": "short"}, field="passphrase")
    sealed = d.ok("POST", f"/api/v1/meetings/{took['id']}/share", {"passphrase": "말과 말과 말과 말", "audio": True}, raw=True)
    assert sealed.startswith(b"moim sealed 1") and b"Talk" not in sealed, sealed[:40]
    d.refused(400, "POST", "/api/v1/meetings?name=talk.moim", sealed, code="sealed")
    d.refused(400, "POST", "/api/v1/meetings?name=talk.moim", sealed, code="wrong_passphrase", headers={"X-Moim-Passphrase": "something%20else"})
    back = d.ok("POST", "/api/v1/meetings?name=talk.moim", sealed, want=201, headers={"X-Moim-Passphrase": urllib.parse.quote("말과 말과 말과 말")})
    assert back["id"] != took["id"] and back["title"] == "Talk" and d.ok("GET", f"/api/v1/meetings/{back['id']}")["has_audio"], back
    until(lambda: all(j["state"] == "failed" for j in d.ok("GET", "/api/v1/jobs")), "its job, which lacks models as well")
    for j in d.ok("GET", "/api/v1/jobs"):
        d.ok("DELETE", f"/api/v1/jobs/{j['id']}")
    assert not [x for x in os.listdir(os.path.join(data, "moim", "audio")) if x.startswith("upload")], "a plain file is left"

    # Codes: what a page in another language goes by.
    d.refused(409, "POST", "/api/v1/recording/stop", code="not_recording")
    d.refused(404, "GET", "/api/v1/meetings/7", code="no_meeting")
    d.refused(404, "GET", "/api/v1/meetings/7/minutes", code="no_meeting")
    d.refused(400, "PATCH", "/api/v1/settings", {"theme": "pink"}, code="invalid", field="theme")
    d.refused(400, "GET", "/api/v1/search?q=%20", code="invalid", field="q")
    d.refused(400, "GET", "/api/v1/meetings?limit=0", code="invalid", field="limit")
    assert d.ok("POST", "/api/v1/ask", {"question": "who?"})["known"] is False  # no model is needed to say so
    d.refused(404, "POST", "/api/v1/ask", {"question": "who?", "meeting": 99}, code="no_meeting")
    asked = d.ok("GET", "/api/v1/questions")["questions"]
    assert [q["question"] for q in asked] == ["who?"], asked
    d.refused(404, "DELETE", "/api/v1/questions/7", code="not_found")
finally:
    d.stop()
shutil.rmtree(data)
shutil.rmtree(empty)
shutil.rmtree(share)
print("first start: all well")
