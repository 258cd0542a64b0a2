"""Who is not let in, and what the daemon makes of requests that no client would send: no crash, nothing without the token, no file
outside the store. HOSTILE=N requests (default 2000; `make hostile` sends 100000 to a build with AddressSanitizer)."""
import hashlib, os, random, shutil, socket, subprocess, sys, tempfile, threading, time
from serve_client import *

N = int(os.environ.get("HOSTILE", "2000"))
data = tempfile.mkdtemp()
outside = tempfile.mkdtemp()
open(os.path.join(outside, "secret"), "w").write("secret words 7731")
d = Daemon(data, "--token", "--from", os.path.join(SAMPLES, "beckett.wav"), env={"TMPDIR": outside})
env = {**os.environ, "XDG_DATA_HOME": data}
pair = lambda *a: subprocess.run([MOIM, "pair", *a], env=env, capture_output=True, text=True, check=True).stdout.strip()
store = os.path.join(data, "moim")
for f in ("pairing.token", "moim.db", "serve.lock"):
    assert os.stat(os.path.join(store, f)).st_mode & 0o777 == 0o600, f

# --- without the token
assert d.request("GET", "/")[0] == 200 and d.ok("GET", "/api/v1/hello")["paired"] is False
SEEN = ["/api/v1/state", "/api/v1/meetings", "/api/v1/meetings/1", "/api/v1/meetings/1/audio", "/api/v1/events", "/api/v1/settings", "/api/v1/nothing",
        "/v1/models", "/api/v1/search?q=a", "/api/v1/meetings/1/export?format=docx", "/api/v1/device", "/api/v1/vocabulary"]
for p in SEEN:
    d.refused(401, "GET", p)
    d.refused(401, "GET", p, headers={"Cookie": "moim=" + "A" * 43})
    d.refused(401, "GET", p, headers={"Cookie": "moim="})
for m, p in (("POST", "/api/v1/recording"), ("DELETE", "/api/v1/meetings/1"), ("PATCH", "/api/v1/settings"), ("POST", "/api/v1/meetings"),
             ("POST", "/v1/audio/transcriptions"), ("DELETE", "/api/v1/pair" if False else "/api/v1/vocabulary?word=a")):
    d.refused(401, m, p, b"{}")

# --- pairing: the code once, then the token; five wrong ones and the door is locked, but not for who is in
code = pair()
assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", code), code
d.refused(403, "POST", "/api/v1/pair", {"code": code}, headers={"X-Moim": None})
d.refused(401, "POST", "/api/v1/pair", {"code": "AAAA-AAAA"})
s, h, got = d.request("POST", "/api/v1/pair", {"code": code.lower().replace("-", " ")})
assert s == 200, got
token = got["token"]
assert token == pair("--token") and len(token) == 43
assert h["Set-Cookie"].startswith(f"moim={token};") and "HttpOnly" in h["Set-Cookie"] and "SameSite=Strict" in h["Set-Cookie"]
d.refused(401, "POST", "/api/v1/pair", {"code": code})
AUTH = {"Authorization": f"Bearer {token}"}
assert d.ok("GET", "/api/v1/state", headers=AUTH) and d.ok("GET", "/api/v1/state", headers={"Cookie": f"a=b; moim={token}; c=d"})
for _ in range(5):
    d.request("POST", "/api/v1/pair", {"code": "BBBBBBBB"})
assert int(d.refused(429, "POST", "/api/v1/pair", {"code": pair()})["Retry-After"]) > 10
d.refused(429, "GET", "/api/v1/state", headers={"Authorization": "Bearer wrong"})
d.ok("GET", "/api/v1/state", headers=AUTH)

# --- other sites, other names
C = {"Cookie": f"moim={token}"}
d.refused(421, "GET", "/api/v1/state", headers={**C, "Host": "evil.example"})
d.refused(421, "GET", "/", headers={"Host": "evil.example:6646"})
d.refused(421, "GET", "/", headers={"Host": "127.0.0.1.evil.example"})
d.refused(403, "GET", "/api/v1/state", headers={**C, "Origin": "http://evil.example"})
d.refused(403, "GET", "/api/v1/state", headers={**C, "Origin": "null"})
d.refused(403, "GET", "/api/v1/state", headers={**C, "Sec-Fetch-Site": "cross-site"})
d.refused(403, "GET", "/api/v1/state", headers={**C, "Sec-Fetch-Site": "same-site"})
d.refused(403, "PATCH", "/api/v1/settings", b'{"theme":"dark"}', headers={**C, "X-Moim": None, "Content-Type": "text/plain"})
d.ok("PATCH", "/api/v1/settings", {"theme": "dark"}, headers={**C, "Origin": f"http://{d.host}:{d.port}", "Sec-Fetch-Site": "same-origin"})
d.ok("GET", "/api/v1/state", headers={**C, "Host": f"localhost:{d.port}"})
assert "Access-Control-Allow-Origin" not in d.request("OPTIONS", "/api/v1/state", headers={**C, "Origin": "http://evil.example"})[1]

# --- limits
try:  # told at once and cut off: the answer may be lost while the client still sends
    d.refused(413, "PATCH", "/api/v1/settings", b'{"theme":"' + b"a" * (2 << 20) + b'"}', headers=C)
except (BrokenPipeError, ConnectionResetError):
    assert d.ok("GET", "/api/v1/settings", headers=C)["theme"] == "dark"
d.refused(400, "PATCH", "/api/v1/settings", b"[" * 200000, headers=C)
wav = open(os.path.join(SAMPLES, "beckett.wav"), "rb").read()
link = b"#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:9,\nfile://" + os.path.join(SAMPLES, "beckett.wav").encode() + b"\n#EXT-X-ENDLIST\n"
for evil in (link, link.replace(b"file://", b"http://127.0.0.1:%d/" % d.port), b"ffconcat version 1.0\nfile /etc/passwd\n", b"RIFF" + b"\xff" * 4000, wav[:44] * 50, b"fLaC" + b"\0" * 9999):
    s = d.request("POST", "/api/v1/meetings?name=../../../x.wav", evil, headers=C)[0]
    assert s in (201, 422), s
for r in d.ok("GET", "/api/v1/meetings", headers=C)["meetings"]:  # what a header of a WAV file promised may have been taken in
    assert r["duration_s"] < 1, r


# --- noise
def snapshot(top, without=None):
    out = {}
    for base, _, files in os.walk(top):
        for f in files:
            p = os.path.join(base, f)
            if not (without and p.startswith(without)):
                out[p] = hashlib.sha256(open(p, "rb").read()).hexdigest()
    return out


PATHS = SEEN + ["/", "/index.html", "/app.js", "/api/v1/pair", "/api/v1/recording", "/api/v1/recording/stop", "/api/v1/recording/memo", "/api/v1/meetings/1/segments/1",
                "/api/v1/meetings/1/segments/1/undo", "/api/v1/meetings/1/speakers/1", "/api/v1/meetings/1/speakers/1/merge", "/api/v1/meetings/1/bookmarks",
                "/api/v1/meetings/1/bookmarks/1", "/api/v1/meetings/1/peaks?n=5", "/api/v1/vocabulary/dismiss", "/api/v1/models/x/fetch", "/api/v1/jobs", "/api/v1/tags"]
BAD = [b"../", b"..%2f", b"%2e%2e/", b"%00", b"%", b"%zz", b"//", b"\\", b"'", b"\"", b"<script>", b"%ff%fe", b"\xff", b"?", b"&", b"=", b"#", b";", b" ", b"\t", b"\r", b"\r\n",
       b"\0", b"A" * 300, b"9" * 40, b"-1", b"1e9", b"%0d%0aX-Evil:1", b"/etc/passwd", b"$(id)", b"{}", b"\xf0\x9f\x98\x80", b"%F0%9F", b"AND 1=1--"]
JSON = [b"{}", b"[]", b"null", b"{", b"[" * 500, b'{"code":1}', b'{"title":"\\u0000x"}', b'{"title":"\xff\xfe"}', b'{"tags":[1,2]}', b'{"at":1e999}', b'{"at":-1}', b'{"text":null}', b'{"question":"x"}',
        b'{"device":"../../etc"}', b'{"minutes_model":"/etc/passwd"}', b'{"into":99999999999999999999}', b'{"word":"' + b"a" * 5000 + b'"}', b'{"note":"\\ud800"}', b'{"a":' * 50 + b"1" + b"}" * 50]
FORM = [b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x\"\r\n\r\nabc\r\n--b--\r\n", b"--b\r\n\r\n\r\n--b--", b"--b", b"", b"--b--", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=\"" + b"n" * 9000 + b"\"\r\n\r\nx\r\n--b--\r\n", b"--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + b"x" * 9000 + b"\r\n--b--\r\n"]


def craft(r, token):
    """One request as bytes; most are nearly right, because those get furthest."""
    path = bytearray(r.choice(PATHS).encode())
    for _ in range(r.choice((0, 0, 0, 1, 1, 2))):
        at = r.randrange(1, len(path) + 1)
        path[at:at] = r.choice(BAD)
    method = r.choice((b"GET", b"GET", b"POST", b"POST", b"PATCH", b"DELETE", b"HEAD", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT", b"get", b"X" * r.randrange(1, 60)))
    head = [b"Host: " + (b"127.0.0.1" if r.random() < 0.85 else r.choice((b"localhost", b"evil", b"", b"[::1", b"127.0.0.1:99999999")))]
    if token:
        head.append(r.choice((b"Cookie: moim=", b"Authorization: Bearer ")) + token)
    elif r.random() < 0.5:
        head.append(r.choice((b"Cookie: moim=" + b"A" * 43, b"Cookie: " + b"moim" * 900, b"Authorization: Basic AAAA", b"Authorization:", b"Cookie: moim=;moim=;;;==", b"Authorization: Bearer")))
    if r.random() < 0.8:
        head.append(b"X-Moim: 1")
    if r.random() < 0.2:
        head.append(r.choice((b"Range: bytes=", b"Range: bytes=0-0,1-1", b"Range: bytes=-", b"Range: bytes=9-1", b"Range: lines=1-2", b"Range: bytes=" + b"9" * 30 + b"-", b"If-None-Match: " + b"*" * 500,
                              b"Sec-Fetch-Site: \xff", b"Origin: http://", b"Accept-Encoding: gzip;q=0", b"Expect: 100-continue", b"Connection: close, x", b"Upgrade: websocket", b"A" * 40000 + b": b",
                              b"X: " + b"y" * 9000, b"no colon here", b" folded", b": empty")))
    body = b""
    if method not in (b"GET", b"HEAD") or r.random() < 0.1:
        multi = r.random() < 0.3
        body = r.choice(FORM if multi else JSON)
        if multi:
            head.append(r.choice((b"Content-Type: multipart/form-data; boundary=b", b"Content-Type: multipart/form-data; boundary=\"b\"", b"Content-Type: multipart/form-data", b"Content-Type: multipart/form-data; boundary=" + b"b" * 99)))
        if r.random() < 0.15:
            body = bytes(r.randrange(256) for _ in range(r.randrange(200)))
        how = r.random()
        if how < 0.75:
            head.append(b"Content-Length: %d" % len(body))
        elif how < 0.85:
            head.append(b"Transfer-Encoding: chunked")
            body = r.choice((b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), b"fffffffffffffffff\r\n", b"-1\r\n", b"zz\r\nx", b"5\r\nab"))
        elif how < 0.95:
            head.append(b"Content-Length: " + r.choice((b"-1", b"99999999999999999999999", b"12x", b"", b"7\r\nContent-Length: 9", b"1000000")))
    raw = method + b" " + bytes(path) + b" " + (b"HTTP/1.1" if r.random() < 0.9 else r.choice((b"HTTP/1.0", b"HTTP/9.9", b"HTTP", b""))) + b"\r\n" + b"\r\n".join(head) + b"\r\n\r\n" + body
    cut = r.random()
    whole = cut >= 0.12 and b"Content-Length: 1000000" not in raw
    if cut < 0.05:
        raw = raw[:r.randrange(len(raw))]
    elif cut < 0.1:
        raw = bytes(b if r.random() > 0.02 else r.randrange(256) for b in raw)
    elif cut < 0.12:
        raw = raw * 3
    return raw, whole


counts, wrong, lock = {}, [], threading.Lock()
# What a request without the token may get a 2xx or 3xx for: the page, and who we are.
FREE = (b'"pairing_required"', b"<!doctype html>", b"import", b"export", b"const", b"//", b"/*", b"\x1f\x8b")


def throw(seed, n):
    r = random.Random(seed)
    for i in range(n):
        paired = r.random() < 0.5
        raw, whole = craft(r, token.encode() if paired else b"")
        got = b""
        try:
            c = socket.create_connection((d.host, d.port), timeout=PATIENCE)
            c.sendall(raw)
            c.settimeout(8 if whole else 0.1)  # who has not said all is waited for, up to the deadline; we do not wait with it
            while len(got) < 2000:
                more = c.recv(4096)
                if not more:
                    break
                got += more
                if b"text/event-stream" in got:
                    break
                c.settimeout(0.6)  # for the rest of an answer on a connection that stays
            c.close()
        except socket.timeout:
            got = got or b"HTTP/1.1 waits"
            c.close()
        except OSError:
            pass
        status = got[9:12].decode("latin1")
        with lock:
            counts[status] = counts.get(status, 0) + 1
            if b"secret words" in got or b"root:x:" in got or b"X-Evil" in got.split(b"\r\n\r\n")[0]:
                wrong.append((raw[:300], got[:300]))
            if not paired and status[:1] == "2" and status != "204":  # 204: DELETE /api/v1/pair, which anybody may do to himself
                content = got.split(b"\r\n\r\n", 1)[-1]
                if raw[:4] != b"HEAD" and not any(f in content for f in FREE) and content.strip() and b" /" + b"api" in raw:
                    wrong.append((raw[:300], got[:300]))


before, files = d.rss(), (snapshot(outside), snapshot(data, without=store))
start = time.time()
threads = [threading.Thread(target=throw, args=(1000 + i, N // 16)) for i in range(16)]
[t.start() for t in threads]
[t.join() for t in threads]
took = time.time() - start
assert d.p.poll() is None, f"the daemon died: {d.p.returncode}\n{d.logged()[-3000:]}"
assert not wrong, wrong[:3]
after_files = (snapshot(outside), snapshot(data, without=store))
after_files[1].pop(os.path.join(data, "serve.log"), None), files[1].pop(os.path.join(data, "serve.log"), None)
assert after_files == files, "files outside the store changed"
assert counts.get("200", 0) > N / 500 and counts.get("401", 0) > N / 50, counts
d.request("POST", "/api/v1/recording/stop", headers=C)
if N >= 10000:  # so that a leak would be told: a job that is at work when the daemon ends is left where it is
    end = time.time() + 400
    while any(j["state"] != "failed" for j in d.ok("GET", "/api/v1/jobs", headers=C)) and time.time() < end:
        time.sleep(0.5)
    time.sleep(2)
after = d.rss()
until(lambda: not [f for f in os.listdir(os.path.join(store, "audio")) if f.startswith("upload-")], "what was sent by halves to go")
assert pair("--reset")
until(lambda: d.request("GET", "/api/v1/state", headers=C)[0] == 401, "the old token to be worth nothing")
d.refused(401, "GET", "/api/v1/state", headers=C)
assert d.stop() == 0, d.logged()[-4000:]
shutil.rmtree(data), shutil.rmtree(outside)
print(f"hostile: {sum(counts.values())} requests in {took:.0f} s, by status {dict(sorted(counts.items()))}; memory {before:.0f} MB before, {after:.0f} MB after")
