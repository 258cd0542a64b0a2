"""A first start with nothing installed: the state says what is missing, why, and how it is had; errors carry codes that do not change."""
import shutil
from serve_client import *

data, empty = tempfile.mkdtemp(), tempfile.mkdtemp()
d = Daemon(data, env={"MOIM_MODELS": empty})
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

    # Codes: what a page in another language goes by.
    d.refused(409, "POST", "/api/v1/recording/stop", code="not_recording")
    d.refused(404, "GET", "/api/v1/meetings/7", code="no_meeting")
    d.refused(404, "GET", "/api/v1/meetings/7/minutes", code="no_meeting")
    d.refused(400, "PATCH", "/api/v1/settings", {"theme": "pink"}, code="invalid", field="theme")
    d.refused(400, "GET", "/api/v1/search?q=%20", code="invalid", field="q")
    d.refused(400, "GET", "/api/v1/meetings?limit=0", code="invalid", field="limit")
    d.refused(501, "POST", "/api/v1/ask", {"question": "who?"}, code="no_minutes_model")
finally:
    d.stop()
shutil.rmtree(data)
shutil.rmtree(empty)
print("first start: all well")
