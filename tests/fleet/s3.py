#!/usr/bin/env python3
"""A bucket in memory on loopback for the tests: it checks every signature (AWS version 4) by itself, and can fail.
   s3.py PORTFILE ACCESS SECRET    faults are told by the file PORTFILE.fault: "500", "stall SECONDS", "drop", or none"""
import hashlib, hmac, http.server, os, socketserver, sys, time, urllib.parse

PORTFILE, ACCESS, SECRET = sys.argv[1:4]
objects = {}


def signature(handler, body_hash):
    """What the request's signature must be, by the published rules."""
    fields = dict(f.strip().split("=", 1) for f in handler.headers["Authorization"].split(" ", 1)[1].split(","))
    access, day, region, service, _ = fields["Credential"].split("/")
    names = fields["SignedHeaders"].split(";")
    assert access == ACCESS and service == "s3" and {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names), names
    path, _, query = handler.path.partition("?")
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    quoted = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in pairs)
    canonical = "\n".join([handler.command, path, quoted, *(f"{n}:{handler.headers[n].strip()}" for n in names), "", ";".join(names), body_hash])
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", handler.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in (day, region, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex() == fields["Signature"]


class Bucket(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, body=b""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = open(PORTFILE + ".fault").read().split() if os.path.exists(PORTFILE + ".fault") else []
        if fault[:1] == ["500"]:
            return self.answer(500)
        if fault[:1] == ["stall"]:
            time.sleep(float(fault[1]))
        if fault[:1] == ["drop"]:
            self.close_connection = True
            return None
        digest = hashlib.sha256(body).hexdigest()
        try:
            good = self.headers["x-amz-content-sha256"] == digest and signature(self, digest)
        except Exception as e:  # a request without a signature, or one that is no signature
            print(repr(e), file=sys.stderr)
            good = False
        if not good:
            return self.answer(403)
        path, _, query = self.path.partition("?")
        if "list-type" in query:
            q = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
            names = sorted(k[len(path) + 1:] for k in objects if k.startswith(path + "/" + q["prefix"]))
            names = [n for n in names if n > q.get("start-after", "")]
            keys = "".join(f"<Contents><Key>{n}</Key></Contents>" for n in names[:2])  # pages of two
            return self.answer(200, f"<R><IsTruncated>{str(len(names) > 2).lower()}</IsTruncated>{keys}</R>".encode())
        if self.command == "PUT":
            objects[path] = body
            return self.answer(200)
        if self.command == "DELETE":
            objects.pop(path, None)
            return self.answer(204)
        return self.answer(200, objects[path]) if path in objects else self.answer(404)

    do_GET = do_PUT = do_DELETE = handle_any

    def log_message(self, *a):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Bucket)
with open(PORTFILE + ".part", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(PORTFILE + ".part", PORTFILE)
server.serve_forever()
