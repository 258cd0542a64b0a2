"""Both sides of a call over HTTP and on the page: a file stands for both devices."""
import os, shutil, struct, tempfile, wave

from serve_client import Daemon, until
from webdriver import Browser

data = tempfile.mkdtemp(prefix="moim-call-")
talk = os.path.join(data, "talk.wav")
with wave.open(talk, "wb") as w:
    w.setparams((1, 2, 16000, 0, "NONE", ""))
    w.writeframes(b"".join(struct.pack("<h", (i * 37) % 8000 - 4000) for i in range(16000 * 30)))
d = Daemon(data, "--from", talk, env={"MOIM_MODELS": os.path.join(data, "none")})
b = Browser(language="en-US")
try:
    assert [(x["name"], x["output"], x["chosen"]) for x in d.ok("GET", "/api/v1/outputs")] == [("simulated", True, False)]
    assert d.ok("GET", "/api/v1/settings")["call"] == ""
    d.refused(400, "POST", "/api/v1/recording", {"call": 3}, field="call")
    r = d.ok("POST", "/api/v1/recording", {"captions": False}, want=201)
    assert r["call"] is False and r["device"] == "simulated", r
    d.ok("POST", "/api/v1/recording/stop")

    # On the page: the switch is kept, and the recording is of both sides.
    b.go(f"http://127.0.0.1:{d.port}/#/record")
    until(lambda: b.js("return !!document.querySelector('#rec-call')"), "the switch")
    assert not b.js("return document.querySelector('#rec-call').checked")
    b.js("document.querySelector('#rec-call').click()")
    until(lambda: d.ok("GET", "/api/v1/settings")["call"] == "default", "the setting")
    assert b.js("return [...document.querySelectorAll('#rec-call-from option')].map((o) => o.value)") == ["default", "simulated"]
    b.js("document.querySelector('.key').click()")
    until(lambda: d.ok("GET", "/api/v1/recording")["recording"], "the recording")
    r = d.ok("GET", "/api/v1/recording")["recording"]
    assert r["call"] is True and r["device"].startswith("simulated + "), r
    until(lambda: "both sides of a call" in b.js("return document.querySelector('.live .status')?.textContent ?? ''"), "what is recorded on the page")
    until(lambda: d.ok("GET", "/api/v1/recording")["recording"]["duration_s"] > 1, "some sound")
    d.ok("POST", "/api/v1/recording/stop")
    with open(os.path.join(data, "moim/audio", sorted(os.listdir(os.path.join(data, "moim/audio")))[-2]), "rb") as f:
        head = f.read(400)
    assert head[20] >> 1 & 7 == 1 and b"moim-call:" in head, head  # two channels, and what they are
    # The switch comes back as it was left, and is taken back.
    b.go(f"http://127.0.0.1:{d.port}/#/meetings")
    b.go(f"http://127.0.0.1:{d.port}/#/record")
    until(lambda: b.js("return document.querySelector('#rec-call')?.checked"), "the switch as it was left")
    b.js("document.querySelector('#rec-call').click()")
    until(lambda: d.ok("GET", "/api/v1/settings")["call"] == "", "the setting taken back")
finally:
    b.close()
    d.stop()
shutil.rmtree(data)
print("a call over HTTP and on the page")
