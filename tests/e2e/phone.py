"""A browser's microphone (Chromium's fake one) recorded by `moim serve --tls`: live, through a lost connection, to the sample."""
import base64, math, os, re, shutil, sqlite3, struct, subprocess, tempfile, wave

from serve_client import MOIM, PATIENCE, until
from webdriver import Browser

data = tempfile.mkdtemp(prefix="moim-phone-")
voice = os.path.join(data, "voice.wav")
with wave.open(voice, "wb") as w:
    w.setparams((1, 2, 48000, 0, "NONE", ""))
    w.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * 0.0576 + 3 * math.sin(i * 0.0001)))) for i in range(48000 * 20)))
p = subprocess.Popen([MOIM, "serve", "--port", "0", "--tls"], stdout=subprocess.PIPE, stderr=open(os.path.join(data, "log"), "w"), text=True,
                     env={**os.environ, "XDG_DATA_HOME": data, "MOIM_MODELS": os.path.join(data, "none"), "PULSE_SERVER": f"unix:{data}/none"})
base = re.match(r"(https://127\.0\.0\.1:\d+)/", p.stdout.readline())[1]
b = Browser(language="en-US", insecure=True,
            args=("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={voice}"))
get = lambda path: b.js("const x = new XMLHttpRequest(); x.open('GET', '/api/v1' + arguments[0], false); x.send(); return JSON.parse(x.responseText)", path)
status = lambda: b.js("return document.querySelector('.live .status')?.textContent ?? ''")
try:
    b.go(f"{base}/#/record")
    # What the microphone gives, noted beside the page: the recording must be the end of it, to the sample.
    b.js("""window.heard = [];
        const Node = AudioWorkletNode;
        window.AudioWorkletNode = class extends Node {
          constructor(...a) { super(...a); this.port.addEventListener('message', (e) => e.data && heard.push(e.data)); }
        };""")
    until(lambda: b.js("return [...document.querySelectorAll('#rec-mic option')].some((o) => o.value === 'phone')"), "this device's microphone")
    b.js("const s = document.querySelector('#rec-mic'); s.value = 'phone'; s.dispatchEvent(new Event('change'))")
    b.js("document.querySelector('.key').click()")
    until(lambda: "with the microphone of this device" in status(), "the recording")
    r = get("/recording")["recording"]
    assert r["remote"] is True and r["device"] == "remote", r
    until(lambda: get("/recording")["recording"]["duration_s"] > 2, "sound at the recorder")

    # The connection is lost: what is heard is kept, and the box waits.
    b.offline(True)
    until(lambda: (m := re.search(r"(\d+) s kept", status())) and int(m[1]) >= 4, "sound kept on the phone")
    log = lambda: open(os.path.join(data, "log")).read()
    until(lambda: "is not connected: the recording waits" in log(), "the box telling that it waits")
    b.offline(False)
    until(lambda: "is connected again" in log(), "the box telling that it goes on")
    before = get("/recording")["recording"]["duration_s"]
    until(lambda: get("/recording")["recording"]["duration_s"] > before + 1, "live sound again")
    until(lambda: "with the microphone of this device" in status(), "the status of before")

    # A pause is none of the recording, on either side.
    b.js("[...document.querySelectorAll('.controls button')].at(-1).click()")
    until(lambda: get("/recording")["recording"]["paused"], "the pause")
    # The pause must last, or nothing of what the microphone gives falls into it.
    samples = lambda: b.js("return heard.reduce((n, x) => n + x.length, 0)")
    paused_at = samples()
    until(lambda: samples() > paused_at + 16000, "a second of sound in the pause")
    b.js("[...document.querySelectorAll('.controls button')].at(-1).click()")
    until(lambda: not get("/recording")["recording"]["paused"], "the end of the pause")
    before = get("/recording")["recording"]["duration_s"]
    until(lambda: get("/recording")["recording"]["duration_s"] > before + 1, "sound after the pause")
    b.js("document.querySelector('.key.stop').click()")
    until(lambda: get("/recording")["recording"] is None, "the end")
    until(lambda: b.js("return location.hash").startswith("#/m/"), "the meeting")
    heard = base64.b64decode(b.js("""let s = ''; for (const x of heard) for (const c of new Uint8Array(x.buffer, x.byteOffset, x.byteLength)) s += String.fromCharCode(c);
        return btoa(s)"""))
finally:
    b.close()
    p.terminate()
    assert p.wait(PATIENCE) == 0
audio = [f for f in os.listdir(f"{data}/moim/audio") if f.endswith(".flac")]
assert len(audio) == 1, audio
stored = subprocess.run(["sox", f"{data}/moim/audio/{audio[0]}", "-t", "raw", "-e", "signed", "-b", "16", "-"], capture_output=True, check=True).stdout
# Two pieces of what was heard, and nothing else: up to the pause, in which the lost connection lies, and from there to the end.
at = heard.find(stored[:64000])
assert at >= 0 and at % 2 == 0, "the beginning is not what the microphone gave"
before = os.path.commonprefix([heard[at:], stored])
after = stored[len(before):]
again = heard.find(after, at + len(before))
assert len(before) > 2 * 16000 * 12 and len(after) > 2 * 16000, (len(before), len(after))
assert again > at + len(before), "what follows the pause is not what the microphone gave"
assert len(heard) - again - len(after) < 2 * 16000 * 5, "the end is missing"
marks = [x[0] for x in sqlite3.connect(f"{data}/moim/moim.db").execute("select note from bookmarks order by at")]
assert any("not connected" in m for m in marks) and any("connected again" in m for m in marks), marks
shutil.rmtree(data)
print(f"{len(stored) / 32000:.1f} s from a phone, every sample of them")
