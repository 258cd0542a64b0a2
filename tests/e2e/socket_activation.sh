#!/usr/bin/env bash
# A socket that systemd hands over: its own address decides whether pairing is demanded.
cd "$(dirname "$0")/../.." && exec python3 - <<'P'
import http.client, os, shutil, socket, subprocess, sys, tempfile

moim = os.path.realpath(os.environ.get("MOIM", "build/moim"))
for address, status in (("127.0.0.1", 200), ("0.0.0.0", 401)):
    home = tempfile.mkdtemp()
    s = socket.socket()
    s.bind((address, 0))
    s.listen(16)
    os.set_inheritable(s.fileno(), True)
    p = subprocess.Popen(["sh", "-c", f"exec env LISTEN_PID=$$ '{moim}' serve --quiet"], close_fds=False,
                         env=dict(os.environ, LISTEN_FDS="1", XDG_DATA_HOME=home), stdout=subprocess.PIPE,
                         preexec_fn=lambda: os.dup2(s.fileno(), 3))
    p.stdout.readline()
    c = http.client.HTTPConnection("127.0.0.1", s.getsockname()[1], timeout=600)
    c.request("GET", "/api/v1/state")
    got = c.getresponse().status
    p.terminate()
    p.wait()
    shutil.rmtree(home)
    if got != status:
        sys.exit(f"FAIL: handed a socket on {address}, /api/v1/state answers {got}, not {status}")
print("socket activation: all well")
P
