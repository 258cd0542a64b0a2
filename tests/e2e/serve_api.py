"""The whole HTTP interface of `moim serve`, once through, on a simulated microphone and a real recording."""
import http.client, io, json, os, random, sys, tempfile, time, urllib.parse, wave
from serve_client import *

data = tempfile.mkdtemp()
d = Daemon(data, "--from", os.path.join(SAMPLES, "two_cities.wav"))
ev = Events(d)
assert ev.wait("state")["recording"] is None
idle = d.rss()

# --- who it is, the page, what is not there
hello = d.ok("GET", "/api/v1/hello")
assert hello["paired"] and not hello["pairing_required"] and hello["api"] == 1
s, h, page = d.request("GET", "/")
assert s == 200 and page.startswith(b"<!doctype html>") and "script-src 'self'" in h["Content-Security-Policy"] and h["X-Content-Type-Options"] == "nosniff"
assert d.request("GET", "/", headers={"If-None-Match": h["ETag"]})[0] == 304
s, h, _ = d.request("GET", "/", headers={"Accept-Encoding": "gzip"})
assert h["Content-Encoding"] == "gzip"
for path in ("/nothing", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/js/..%2f..%2fetc/passwd", "/api/v1/none", "/api/v1/meetings/0", "/api/v1/meetings/1x",
             "/api/v1/meetings/01", "/api/v1/meetings/99999999999999999999", "/api/v1/meetings/7"):
    d.refused(404, "GET", path)
assert "GET" in d.refused(405, "PUT", "/api/v1/meetings")["Allow"]

# --- settings, vocabulary
assert d.ok("GET", "/api/v1/settings")["theme"] == "auto"
assert d.ok("PATCH", "/api/v1/settings", {"theme": "dark", "speech_language": "en", "keep_audio_days": 30, "minutes_model": "qwen-0.5b"})["theme"] == "dark"
d.refused(400, "PATCH", "/api/v1/settings", {"theme": "pink", "keep_audio_days": 1})
now = d.ok("GET", "/api/v1/settings")
assert now["theme"] == "dark" and now["keep_audio_days"] == 30 and now["captions"] is True, now
assert d.ok("POST", "/api/v1/vocabulary", {"word": "하이퍼클로바", "sounds_like": "hyper clova"})["words"] == [{"word": "하이퍼클로바", "sounds_like": "hyper clova"}]
d.refused(400, "POST", "/api/v1/vocabulary", {"word": "a\nb"})
assert d.ok("DELETE", "/api/v1/vocabulary?word=%ED%95%98%EC%9D%B4%ED%8D%BC%ED%81%B4%EB%A1%9C%EB%B0%94")["words"] == []
d.refused(404, "DELETE", "/api/v1/vocabulary?word=nix")

# --- recording
assert d.ok("GET", "/api/v1/devices")[0]["name"] == "simulated"
d.refused(409, "POST", "/api/v1/recording/stop")
begun = time.time()
rec = d.ok("POST", "/api/v1/recording", {"title": "첫 회의", "captions": False}, want=201)
id = rec["id"]
assert d.ok("GET", "/api/v1/state")["recording"]["id"] == id
d.refused(409, "POST", "/api/v1/recording")
d.refused(409, "DELETE", f"/api/v1/meetings/{id}")
d.refused(409, "GET", f"/api/v1/meetings/{id}/audio")
ev.wait("level", lambda e: e["duration_s"] > 1 and e["rms_db"] > -60)
marked = d.ok("POST", "/api/v1/recording/bookmark", {"note": "중요"}, want=201)["at"]
d.ok("POST", "/api/v1/recording/memo", {"text": "ask finance"}, want=201)
d.refused(400, "POST", "/api/v1/recording/memo", {"text": ""})
# As long as a note may be, whole; longer ones are refused, not cut. Sent twice under one key it is one.
most = "가나다라마바사아자차" * 99 + "끝난메모입니다 😀😀"
assert len(most) == 1000
key = {"Idempotency-Key": "a-memo-sent-twice"}
first = d.ok("POST", "/api/v1/recording/memo", {"text": most}, want=201, headers=key)
s, h, again = d.request("POST", "/api/v1/recording/memo", {"text": most}, headers=key)
assert s == 201 and again == first and first["note"] == most and h["Idempotency-Replayed"] == "true", (s, again)
d.refused(409, "POST", "/api/v1/recording/memo", {"text": "another"}, headers=key)
d.refused(400, "POST", "/api/v1/recording/memo", {"text": most + "x"})
d.refused(400, "POST", "/api/v1/recording/bookmark", {"note": most + "가"})
d.refused(400, "POST", "/api/v1/recording/bookmark", {"note": "x"}, headers={"Idempotency-Key": "short"})
assert d.ok("POST", "/api/v1/recording/pause")["paused"]
paused = time.time()
ev.wait("state", lambda e: e["recording"] and e["recording"]["paused"])
time.sleep(0.5)
paused = time.time() - paused
assert not d.ok("POST", "/api/v1/recording/resume")["paused"]
ev.wait("level", lambda e: e["duration_s"] > 8.7)
row = d.ok("POST", "/api/v1/recording/stop")
longest = time.time() - begun - paused + 0.1  # more sound than time, less what was paused, cannot be
assert row["id"] == id and 8.7 < row["duration_s"] < longest and 1 <= marked < row["duration_s"], (row, longest, marked)

# --- its job, the meeting, changes
job = ev.wait("job", lambda e: e["meeting"] == id and e["state"] in ("done", "failed"))
assert job["state"] == "done", job
m = d.ok("GET", f"/api/v1/meetings/{id}")
assert m["title"] == "첫 회의" and m["state"] == "summarized" and m["language"] == "en" and m["has_audio"], m
text = " ".join(g["text"] for g in m["segments"]).lower()
assert "best of times" in text and m["segments"][0]["words"][0]["end"] > 0, text
assert [b["note"] for b in m["bookmarks"] if b["note"][0] != "("] == ["중요", "ask finance", most], m["bookmarks"]
assert m["minutes"]["summary"] and all(i["evidence"] for i in m["minutes"]["summary"])
assert d.ok("GET", f"/api/v1/meetings/{id}/minutes") == m["minutes"]
seg = m["segments"][0]["id"]
# From here on minutes are looked at no more: without a model they take no time.
d.ok("PATCH", "/api/v1/settings", {"minutes_model": "none"})
assert d.ok("PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": "고친 문장"})["edited"]
# Corrected twice, taken back once by a request that was sent twice: the first correction stands.
d.ok("PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": "두 번 고친 문장"})
for _ in range(2):
    assert d.ok("POST", f"/api/v1/meetings/{id}/segments/{seg}/undo", {}, headers={"Idempotency-Key": "one-undo-sent-twice"})["text"] == "고친 문장"
assert d.ok("POST", f"/api/v1/meetings/{id}/segments/{seg}/undo")["text"] == m["segments"][0]["text"]
d.refused(404, "PATCH", f"/api/v1/meetings/{id + 1}/segments/{seg}", {"text": "x"})
d.refused(400, "PATCH", f"/api/v1/meetings/{id}/segments/{seg}", {"text": 5})
marks = d.ok("POST", f"/api/v1/meetings/{id}/bookmarks", {"at": 2.5, "note": "later"}, want=201)
d.ok("DELETE", f"/api/v1/meetings/{id}/bookmarks/{[b['id'] for b in marks if b['note'] == 'later'][0]}", want=204)
row = d.ok("PATCH", f"/api/v1/meetings/{id}", {"title": "이름", "tags": ["예산", "A"]})
assert row["title"] == "이름" and row["tags"] == ["A", "예산"] and row["preview"]
assert d.ok("GET", "/api/v1/tags") == [{"tag": "A", "meetings": 1}, {"tag": "예산", "meetings": 1}]
assert d.ok("GET", "/api/v1/meetings?tag=%EC%98%88%EC%82%B0")["total"] == 1 and d.ok("GET", "/api/v1/meetings?tag=x")["total"] == 0
d.refused(404, "PATCH", f"/api/v1/meetings/{id}/speakers/77", {"name": "김부장"})
number = m["speakers"][0]["number"] if m["speakers"] else 0
if number:
    assert d.ok("PATCH", f"/api/v1/meetings/{id}/speakers/{number}", {"name": "김부장"})[0]["name"] == "김부장"

# --- finding
assert any("wisdom" in x["text"] for x in d.ok("GET", "/api/v1/search?q=wisdom")["hits"])
assert d.ok("GET", "/api/v1/search?q=wisdom&from=2000-01-01&to=2001-01-01")["hits"] == []
assert d.ok("GET", "/api/v1/search?q=wisdom&tag=A")["hits"] and not d.ok("GET", "/api/v1/search?q=wisdom&tag=B")["hits"]
d.refused(400, "GET", "/api/v1/search?q=%20")
d.refused(400, "GET", "/api/v1/search?q=x&from=yesterday")

# --- sound: ranges, waveform
s, h, whole = d.request("GET", f"/api/v1/meetings/{id}/audio")
assert s == 200 and h["Content-Type"] == "audio/flac" and whole[:4] == b"fLaC" and h["Accept-Ranges"] == "bytes"
for r, part in (("bytes=0-99", whole[:100]), ("bytes=100-", whole[100:]), ("bytes=-7", whole[-7:]), ("bytes=5-5", whole[5:6]), ("bytes=10-99999999", whole[10:])):
    s, h, got = d.request("GET", f"/api/v1/meetings/{id}/audio", headers={"Range": r})
    assert s == 206 and got == part and h["Content-Range"].endswith(f"/{len(whole)}"), (r, s, h["Content-Range"])
assert d.refused(416, "GET", f"/api/v1/meetings/{id}/audio", headers={"Range": f"bytes={len(whole)}-"})["Content-Range"] == f"bytes */{len(whole)}"
assert d.request("GET", f"/api/v1/meetings/{id}/audio", headers={"Range": "bytes=x"})[0] == 200
drawn = d.ok("GET", f"/api/v1/meetings/{id}/peaks?n=100")
assert len(drawn["peaks"]) == 100 and abs(drawn["duration_s"] - row["duration_s"]) < 0.1 and 5 < max(drawn["peaks"]) <= 255
assert max(drawn["peaks"]) == max(d.ok("GET", f"/api/v1/meetings/{id}/peaks?n=4000")["peaks"])

# --- documents
for f, begin in (("md", b"# "), ("txt", b""), ("srt", b"1\n"), ("vtt", b"WEBVTT"), ("json", b"{"), ("html", b"<!"), ("docx", b"PK"), ("hwpx", b"PK"), ("pdf", b"%PDF"), ("ics", b"BEGIN:VCALENDAR"), ("csv", b"\xef\xbb\xbf"), ("obsidian", b"---\n")):
    s, h, got = d.request("GET", f"/api/v1/meetings/{id}/export?format={f}", raw=True)
    assert s == 200 and got.startswith(begin) and len(got) > 50 and f".{dict(obsidian='md').get(f, f)}" in h["Content-Disposition"], (f, s, got[:40])
d.refused(400, "GET", f"/api/v1/meetings/{id}/export?format=exe")
d.refused(400, "GET", f"/api/v1/meetings/{id}/export?format=srt&minutes_only=1")
assert b'"segments"' not in d.request("GET", f"/api/v1/meetings/{id}/export?format=json&minutes_only=1", raw=True)[2]
# --- a copy without some words, and one text for another
word = max(d.ok("GET", f"/api/v1/meetings/{id}")["segments"][0]["text"].split(), key=len).strip(".,?!")
for body in ({}, {"words": word}, {"words": [""]}, {"words": ["a", 3]}, {"words": ["x" * 501]}, {"from": 3, "to": 2}, {"names": 1}, {"words": ["zebra"]}):
    d.refused(400, "POST", f"/api/v1/meetings/{id}/redact", body)
d.refused(404, "POST", "/api/v1/meetings/999999/redact", {"words": [word]})
copy = d.ok("POST", f"/api/v1/meetings/{id}/redact", {"words": [word], "tone": True}, want=201)
assert copy["id"] != id and copy["has_audio"] and word.lower() not in str(d.ok("GET", f"/api/v1/meetings/{copy['id']}")).lower()
assert word in str(d.ok("GET", f"/api/v1/meetings/{id}"))
for body in ({}, {"old": "", "new": "x"}, {"old": "x"}):
    d.refused(400, "POST", "/api/v1/replace", body)
assert d.ok("POST", f"/api/v1/meetings/{copy['id']}/replace", {"old": "[…]", "new": "Elephant"})["lines"] >= 1
assert "Elephant" in str(d.ok("GET", f"/api/v1/meetings/{copy['id']}"))
assert d.ok("POST", "/api/v1/replace", {"old": "Elephant", "new": "Lion"})["meetings"] == 1
d.ok("DELETE", f"/api/v1/meetings/{copy['id']}", want=204)
# A long title as a file's name: whole characters, whole escapes, at most 255 bytes.
for title in ("가" * 400, "a%20b " + "나" * 200, "x" * 500):
    before = d.ok("GET", f"/api/v1/meetings/{id}")["title"]
    d.ok("PATCH", f"/api/v1/meetings/{id}", {"title": title})
    name = d.request("GET", f"/api/v1/meetings/{id}/export?format=txt", raw=True)[1]["Content-Disposition"].split("filename*=UTF-8''")[1]
    name = urllib.parse.unquote(name, errors="strict")
    assert name.endswith(".txt") and title.startswith(name[:-4]) and 240 < len(name.encode()) <= 255, name
    d.ok("PATCH", f"/api/v1/meetings/{id}", {"title": before})

# --- import: raw, multipart, and what is no recording
wav = open(os.path.join(SAMPLES, "beckett.wav"), "rb").read()
body, head = multipart([("title", "by form"), ("language", "en")], "x/../../evil.wav", wav)
two = d.ok("POST", "/api/v1/meetings", body, want=201, headers=head)
assert two["title"] == "by form"
got = d.ok("POST", "/api/v1/meetings?name=%EB%8C%80%ED%99%94.wav", wav, want=201)
assert got["title"] == "대화" and abs(got["duration_s"] - 9.9) < 1, got
d.ok("DELETE", f"/api/v1/meetings/{got['id']}", want=204)
d.refused(422, "POST", "/api/v1/meetings?name=a.wav", b"this is no sound at all, whatever it is called")
d.refused(400, "POST", "/api/v1/meetings", b"")
d.refused(400, "POST", "/api/v1/meetings", body[:-30], headers=head)
assert not [f for f in os.listdir(os.path.join(data, "moim/audio")) if f.startswith("upload-")]
assert d.ok("POST", f"/api/v1/meetings/{two['id']}/minutes", {"template": "weekly"}, want=202)["kind"] == "minutes"
d.refused(400, "POST", f"/api/v1/meetings/{two['id']}/minutes", {"model": "/etc/passwd"})
d.refused(404, "POST", "/api/v1/meetings/999/process")

# --- jobs survive: the daemon ends in the middle of them and goes on with them
d.ok("POST", "/api/v1/recording", {"captions": False}, want=201)
three = d.ok("GET", "/api/v1/state")["recording"]["id"]
ev.wait("level", lambda e: not e["paused"] and d.ok("GET", "/api/v1/state")["recording"]["duration_s"] > 1)
if not d.ok("GET", "/api/v1/jobs"):  # a quick machine, or a test that was kept waiting
    d.ok("POST", f"/api/v1/meetings/{two['id']}/process", want=202)
assert d.stop() == 0
until(lambda: ev.over, "the stream to end with the daemon")
d = Daemon(data, "--from", os.path.join(SAMPLES, "two_cities.wav"))
ev = Events(d)
until(lambda: all(j["state"] == "failed" for j in d.ok("GET", "/api/v1/jobs")), "the jobs to be done")
rows = d.ok("GET", "/api/v1/meetings")["meetings"]
assert len(rows) == 3 and all(r["state"] == "summarized" and not r.get("error") for r in rows), rows
assert next(r["duration_s"] for r in rows if r["id"] == three) > 1, "the recording that SIGTERM ended"

# --- OpenAI's way
body, head = multipart([("model", "whisper-1"), ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"),
                        ("timestamp_granularities[]", "segment"), ("language", "en")], "beckett.wav", wav)
t = d.ok("POST", "/v1/audio/transcriptions", body, headers=head)
assert t["language"] == "english" and t["segments"][0]["text"] and t["words"][0]["word"] and abs(t["duration"] - 9.9) < 1, t
body, head = multipart([("model", "x"), ("response_format", "srt")], "beckett.wav", wav)
s, h, got = d.request("POST", "/v1/audio/transcriptions", body, headers={**head, "X-Moim": None, "Authorization": "Bearer any"})
assert s == 200 and got.startswith(b"1\n00:00:0"), got[:80]
for g in t["segments"]:
    assert isinstance(g["avg_logprob"], float) and -3 < g["avg_logprob"] <= 0 and 0 <= g["no_speech_prob"] < 0.5, g
for lang, want in (("en-US", 200), ("EN", 200), ("english", 200), ("en_GB", 200), ("fr-FR", 400), ("eng lish", 400), ("-", 400)):
    body, head = multipart([("model", "x"), ("language", lang), ("response_format", "text")], "beckett.wav", wav)
    s, h, got = d.request("POST", "/v1/audio/transcriptions", body, headers=head)
    assert s == want, (lang, s, got)
# Where nobody speaks there are no words, and none of the prompt.
noise = random.Random(1)
for name, loud in (("silence", 0), ("noise", 3000)):
    pcm = b"".join(noise.randint(-loud, loud).to_bytes(2, "little", signed=True) for _ in range(3 * 16000))
    quiet = io.BytesIO()
    with wave.open(quiet, "wb") as w:
        w.setparams((1, 2, 16000, 0, "NONE", ""))
        w.writeframes(pcm)
    body, head = multipart([("model", "x"), ("prompt", "Minutes of the budget meeting.")], name + ".wav", quiet.getvalue())
    t = d.ok("POST", "/v1/audio/transcriptions", body, headers=head)
    assert t["text"] == "", (name, t)
# A stream: the deltas joined are the text; refused before it begins like any other.
cities = open(os.path.join(SAMPLES, "two_cities.wav"), "rb").read()
body, head = multipart([("model", "x"), ("language", "en"), ("stream", "true")], "two_cities.wav", cities)
s, h, got = d.request("POST", "/v1/audio/transcriptions", body, headers=head)
assert s == 200 and h["Content-Type"] == "text/event-stream" and h["Transfer-Encoding"] == "chunked", (s, h)
events = [json.loads(e.split("data: ", 1)[1]) for e in got.decode().split("\n\n") if e]
deltas = [e["delta"] for e in events if e["type"] == "transcript.text.delta"]
assert len(deltas) > 1 and events[-1] == {"type": "transcript.text.done", "text": "".join(deltas)} and "best of times" in "".join(deltas), events
body, head = multipart([("model", "x"), ("stream", "true"), ("response_format", "srt")], "beckett.wav", wav)
d.refused(400, "POST", "/v1/audio/transcriptions", body, headers=head)
body, head = multipart([("model", "x"), ("stream", "true")], "a.wav", b"no sound")
d.refused(422, "POST", "/v1/audio/transcriptions", body, headers=head)
# Who goes away in the middle of a stream breaks nothing.
body, head = multipart([("model", "x"), ("language", "en"), ("stream", "true")], "two_cities.wav", cities)
c = http.client.HTTPConnection(d.host, d.port, timeout=PATIENCE)
c.request("POST", "/v1/audio/transcriptions", body, {**head, "X-Moim": "1", "Idempotency-Key": "stream-1234567890"})
r = c.getresponse()
assert r.readline().startswith(b"event: transcript.text.delta")
r.close()
c.close()
body, head = multipart([("model", "x"), ("response_format", "midi")], "beckett.wav", wav)
d.refused(400, "POST", "/v1/audio/transcriptions", body, headers=head)
assert d.ok("GET", "/v1/models")["data"]
assert len(d.ok("GET", "/api/v1/meetings")["meetings"]) == 3

# --- device, and the end
dev = d.ok("GET", "/api/v1/device")
assert dev["disk"]["audio_bytes"] > 0 and any(c["check"] == "store" and c["ok"] for c in dev["checks"])
assert any(x["name"] == "whisper-base" and x["installed"] for x in d.ok("GET", "/api/v1/models"))
d.refused(404, "POST", "/api/v1/models/nothing/fetch")
d.ok("DELETE", f"/api/v1/meetings/{two['id']}?forever=1", want=204)
ev.wait("meeting", lambda e: e["id"] == two["id"] and e["change"] == "deleted")
d.refused(404, "GET", f"/api/v1/meetings/{two['id']}")
until(lambda: d.rss("RssAnon") < 100, "the models' memory to be given back", 120)
after = d.rss()
assert d.stop() == 0, d.logged()
print(f"serve: all well; {idle:.1f} MB resident when idle at first, {after:.1f} MB after the models were used")
