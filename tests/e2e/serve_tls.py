"""HTTPS: one certificate that stays, a fingerprint to compare, everything that works over HTTP, nothing without TLS; damage is told, age renewed."""
import hashlib, http.client, io, shutil, socket, ssl, struct, wave
from serve_client import *

data = tempfile.mkdtemp()
store = os.path.join(data, "moim")
key, cert = os.path.join(store, "tls-key.pem"), os.path.join(store, "tls-cert.pem")
env = {**os.environ, "XDG_DATA_HOME": data, "MOIM_MODELS": os.path.join(data, "none")}  # nothing is recognised here


class Secure:
    def __init__(self, *args, more={}):
        self.p = subprocess.Popen([MOIM, "serve", "--port", "0", "--tls", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**env, **more}, text=True)
        line = self.p.stdout.readline()
        m = re.match(r"https://127\.0\.0\.1:(\d+)/", line)
        assert m, f"no address: {line!r}"
        self.port = int(m[1])
        self.told = re.match(r"fingerprint \(SHA-256\): ([0-9A-F:]{95})$", self.p.stdout.readline().strip())[1]

    def context(self, version=None):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname = False
        c.verify_mode = ssl.CERT_NONE
        if version:
            c.minimum_version = c.maximum_version = version
            c.set_ciphers("ALL:@SECLEVEL=0")
        return c

    def certificate(self, version=None):
        with socket.create_connection(("127.0.0.1", self.port)) as plain, self.context(version).wrap_socket(plain, server_hostname="localhost") as s:
            return s.getpeercert(True), s.version()

    def request(self, method, path, body=None, headers={}):
        c = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context(), timeout=PATIENCE)
        if isinstance(body, dict):
            body, headers = json.dumps(body), {**headers, "Content-Type": "application/json"}
        c.request(method, path, body, {**headers, "X-Moim": "1"})
        r = c.getresponse()
        out = r.status, r.headers, r.read()
        c.close()
        return out

    def stop(self):
        self.p.terminate()
        assert self.p.wait(PATIENCE) == 0, self.p.stderr.read()


def fingerprint(der):
    return ":".join(f"{b:02X}" for b in hashlib.sha256(der).digest())


d = Secure("--token")
try:
    # What the browser shows, the daemon and `moim pair` say; the names are ours; it is nobody's to read.
    der, version = d.certificate()
    assert version == "TLSv1.3" and fingerprint(der) == d.told, (version, d.told)
    assert d.certificate(ssl.TLSVersion.TLSv1_2)[0] == der
    pair = subprocess.run([MOIM, "pair"], env=env, capture_output=True, text=True, check=True)
    assert d.told in pair.stderr and re.match(r"[0-9A-Z]{4}-[0-9A-Z]{4}\n$", pair.stdout), pair
    shown = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-text"], input=der, capture_output=True).stdout.decode() if shutil.which("openssl") else ""
    assert not shown or ("DNS:localhost" in shown and "IP Address:127.0.0.1" in shown and "CA:FALSE" in shown), shown
    for path in (key, cert):
        assert os.stat(path).st_mode & 0o777 == 0o600, path
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        try:
            assert not d.certificate(old), old
        except (ssl.SSLError, ConnectionError):
            pass
    # Without TLS there is nothing.
    try:
        c = http.client.HTTPConnection("127.0.0.1", d.port, timeout=60)
        c.request("GET", "/api/v1/hello")
        assert c.getresponse().status == 0
    except (http.client.HTTPException, ConnectionError):
        pass

    # Pairing: a cookie for HTTPS alone, with which the page, a recording taken in, its sound in part and the events come.
    assert d.request("GET", "/api/v1/state")[0] == 401
    s, h, body = d.request("POST", "/api/v1/pair", {"code": pair.stdout.strip()})
    assert s == 200 and "; Secure" in h["Set-Cookie"] and "HttpOnly" in h["Set-Cookie"], (s, h["Set-Cookie"], body)
    me = {"Cookie": h["Set-Cookie"].split(";")[0]}
    tone = io.BytesIO()
    with wave.open(tone, "wb") as w:
        w.setnchannels(1), w.setsampwidth(2), w.setframerate(16000)
        w.writeframes(b"".join(struct.pack("<h", 3000 * (i // 40 % 2)) for i in range(160000)))
    s, _, body = d.request("POST", "/api/v1/meetings?name=talk.wav", tone.getvalue(), me)
    assert s == 201, (s, body)
    id = json.loads(body)["id"]
    s, h, body = d.request("GET", f"/api/v1/meetings/{id}/audio", headers={**me, "Range": "bytes=0-3"})
    assert s == 206 and body == b"fLaC", (s, body)
    s, _, page = d.request("GET", "/", headers={**me, "Origin": f"https://127.0.0.1:{d.port}"})
    assert s == 200 and page.startswith(b"<!doctype html>")
    c = http.client.HTTPSConnection("127.0.0.1", d.port, context=d.context(), timeout=PATIENCE)
    c.request("GET", "/api/v1/events", headers=me)
    r = c.getresponse()
    assert r.status == 200 and r.readline() == b"event: state\n"
    c.close()
    d.stop()

    # It stays over a restart; a certificate alone that is lost is made for the same key; what is nearly over is made anew.
    mine = open(key).read()
    d = Secure()
    assert d.told == fingerprint(der)
    d.stop()
    os.remove(cert)
    d = Secure()
    assert d.told != fingerprint(der) and open(key).read() == mine
    second = d.told
    d.stop()
    shim, wall = os.path.join(data, "wall_clock.so"), os.path.join(data, "offset")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "tests/torture/wall_clock.c", "-o", shim], check=True)
    with open(wall, "w") as f:
        f.write(str(790 * 86400))
    d = Secure(more={"LD_PRELOAD": shim, "WALL_CLOCK": wall})
    assert d.told != second and open(key).read() == mine
    d.stop()
    # Damaged, or of another key: nothing is replaced, it is told.
    for path, text in ((cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), (key, "nothing")):
        kept = open(path).read()
        with open(path, "w") as f:
            f.write(text)
        p = subprocess.run([MOIM, "serve", "--port", "0", "--tls"], env=env, capture_output=True, text=True)
        assert p.returncode == 65 and os.path.basename(path) in p.stderr and open(path).read() == text, (p.returncode, p.stderr)
        with open(path, "w") as f:
            f.write(kept)
finally:
    if d.p.poll() is None:
        d.p.kill()
shutil.rmtree(data)
print("HTTPS: all well")
