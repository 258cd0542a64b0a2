"""The real `openai` package from PyPI against `moim serve`, in a virtual environment of its own:
    python3 -m venv /tmp/oai && /tmp/oai/bin/pip install openai && /tmp/oai/bin/python tests/bench/openai_client.py"""
import os, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../e2e"))
from serve_client import *
import openai

d = Daemon(tempfile.mkdtemp(), "--token")
token = subprocess.run([MOIM, "pair", "--token"], env={**os.environ, "XDG_DATA_HOME": d.data}, capture_output=True, text=True).stdout.strip()
c = openai.OpenAI(base_url=f"http://{d.host}:{d.port}/v1", api_key=token, max_retries=0)
path = os.path.join(SAMPLES, "beckett.wav")
opened = lambda: open(path, "rb")

print("models:", [m.id for m in c.models.list()])
t = c.audio.transcriptions.create(model="whisper-1", file=opened())
assert t.text, t
print("json:", t.text)
v = c.audio.transcriptions.create(model="whisper-1", file=opened(), response_format="verbose_json", timestamp_granularities=["word", "segment"], language="en", prompt="Beckett, Endgame")
assert v.segments and v.words and v.segments[0].end > v.segments[0].start and v.words[0].word and abs(float(v.duration) - 9.9) < 1
print("verbose_json:", v.language, v.duration, v.segments[0].text, v.segments[0].avg_logprob, v.segments[0].compression_ratio, v.words[0])
for f, begin in (("text", ""), ("srt", "1\n"), ("vtt", "WEBVTT")):
    got = c.audio.transcriptions.create(model="whisper-1", file=opened(), response_format=f)
    assert isinstance(got, str) and got.startswith(begin) and len(got) > 20, got
    print(f + ":", got[:60].replace("\n", "|"))
deltas, text = "", None
for e in c.audio.transcriptions.create(model="gpt-4o-transcribe", file=opened(), stream=True, language="en-US"):
    if e.type == "transcript.text.delta": deltas += e.delta
    if e.type == "transcript.text.done": text = e.text
assert text and deltas == text, (deltas, text)
print("stream:", text)
for wrong, kind in ((lambda: c.audio.transcriptions.create(model="x", file=("a.wav", b"no sound")), openai.UnprocessableEntityError),
                    (lambda: c.audio.transcriptions.create(model="x", file=opened(), language="xx"), openai.BadRequestError),
                    (lambda: openai.OpenAI(base_url=c.base_url, api_key="wrong", max_retries=0).models.list(), openai.AuthenticationError)):
    try:
        wrong()
        raise SystemExit("was not refused")
    except kind as e:
        print(kind.__name__ + ":", e.message)
d.stop()
print(f"openai {openai.__version__}: all well")
