"""What the tests of `moim serve` share: a daemon on a free port with a store of its own, and requests without a library."""
import http.client, json, os, re, signal, subprocess, tempfile, threading, time

import openapi
from private import lax

PATIENCE = 900  # seconds that any one thing may take before it counts as never: no machine is too slow for these tests
MOIM = os.path.realpath(os.environ.get("MOIM", "build/moim"))
MODELS = os.environ.get("MOIM_MODELS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "moim/models")
SAMPLES = os.path.join(MODELS, "samples")


class Daemon:
    def __init__(self, data, *args, env=None):
        self.data = data
        self.log = open(os.path.join(data, "serve.log"), "a+")
        self.p = subprocess.Popen([MOIM, "serve", "--port", "0", *args], stdout=subprocess.PIPE, stderr=self.log,
                                  env={**os.environ, "XDG_DATA_HOME": data, **(env or {})}, text=True)
        line = self.p.stdout.readline()
        m = re.match(r"http://\[?([^\]/]+)\]?:(\d+)/", line)
        assert m, f"no address: {line!r} {self.logged()}"
        self.host, self.port = m[1], int(m[2])

    def logged(self):
        self.log.flush()
        return open(self.log.name).read()

    def rss(self, what="VmRSS"):
        return int(re.search(rf"^{what}:\s+(\d+)", open(f"/proc/{self.p.pid}/status").read(), re.M)[1]) / 1024

    def request(self, method, path, body=None, headers=None, timeout=PATIENCE, raw=False):
        """(status, headers, JSON or bytes); a dict becomes JSON, and what changes something says who asks."""
        h = {"X-Moim": "1"} if method not in ("GET", "HEAD") else {}
        if isinstance(body, (dict, list)):
            body, h["Content-Type"] = json.dumps(body), "application/json"
        h.update(headers or {})
        c = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        c.request(method, path, body, {k: v for k, v in h.items() if v is not None})
        r = c.getresponse()
        data = r.read()
        c.close()
        if not raw and r.headers.get("Content-Type") == "application/json" and data:
            data = json.loads(data)
        if path.startswith(("/api/", "/v1/")) and method != "HEAD":
            openapi.answer(method, path, r.status, r.headers.get("Content-Type"), data)
        return r.status, r.headers, data

    def ok(self, method, path, body=None, want=200, **kw):
        status, _, data = self.request(method, path, body, **kw)
        assert status == want, f"{method} {path}: {status} {data}"
        return data

    def refused(self, want, method, path, body=None, code=None, field=None, **kw):
        status, headers, data = self.request(method, path, body, **kw)
        assert status == want, f"{method} {path}: {status}, not {want}: {data}"
        assert data["error"]["code"] and data["error"]["message"], data
        assert code in (None, data["error"]["code"]) and field in (None, data["error"].get("field")), data
        return headers

    def stop(self, sig=signal.SIGTERM, timeout=PATIENCE):
        if self.p.poll() is None:
            self.p.send_signal(sig)
        rc = self.p.wait(timeout)
        self.p.stdout.close()
        reachable = lax(os.path.join(self.data, "moim"))
        assert not reachable, f"others could reach {reachable}"
        return rc


def until(what, name, timeout=PATIENCE):
    """Asks what() until it is true."""
    end = time.time() + timeout
    while time.time() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout} s for {name}")


class Events(threading.Thread):
    """Listens to /api/v1/events and keeps (type, data)."""
    def __init__(self, d, headers=None):
        super().__init__(daemon=True)
        self.c = http.client.HTTPConnection(d.host, d.port, timeout=PATIENCE)
        self.c.request("GET", "/api/v1/events", headers=headers or {})
        self.r = self.c.getresponse()
        assert self.r.status == 200 and self.r.headers["Content-Type"] == "text/event-stream", self.r.status
        self.seen, self.over, self.fault = [], False, None
        self.start()

    def run(self):
        kind = None
        try:
            for line in self.r:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                    openapi.event(kind, data)
                    self.seen.append((kind, data))
        except AssertionError as e:
            self.fault = e
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.over = True

    def wait(self, kind, test=lambda d: True, timeout=PATIENCE):
        end = time.time() + timeout
        while time.time() < end:
            if self.fault:
                raise self.fault
            for k, d in list(self.seen):
                if k == kind and test(d):
                    return d
            time.sleep(0.02)
        raise AssertionError(f"no event {kind} in {timeout} s; last {self.seen[-3:]}")


def multipart(fields, filename=None, content=b""):
    b = "----moim-test-boundary"
    out = b"".join(f'--{b}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields)
    if filename is not None:
        out += f'--{b}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: audio/wav\r\n\r\n'.encode() + content + b"\r\n"
    return out + f"--{b}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={b}"}
