#!/usr/bin/env bash
# Models from addresses: a server that serves, cuts, lies, stalls and knows no ranges. What is wrong, cut or late never takes
# the place of what is there; the same command goes on where it stopped; a file is tried before it is used.
set -u
cd "$(dirname "$0")/../.."
moim=${MOIM:-build/moim}
dir=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
mkdir -p "$dir/share" "$dir/www" "$dir/cache"
head -c 3000000 /dev/urandom >"$dir/www/good.bin"
cat >"$dir/server.py" <<'P'
import http.server, os, re, sys, time

www, log = sys.argv[1:3]


class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, body):
        kind, _, name = self.path.lstrip("/").partition("/")
        data = open(os.path.join(www, "good.bin"), "rb").read()
        if kind == "lie":
            data = bytes(len(data))
        if kind == "short":
            data = data[:1000000]
        if kind == "gone":
            self.send_error(404)
            return
        start = 0
        m = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if m and kind != "norange":
            start = int(m[1])
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if not body:
            return
        print(kind, start, file=open(log, "a"), flush=True)
        if kind == "cut":
            self.wfile.write(data[start:start + 1200000])
            self.close_connection = True
        elif kind == "stall":
            self.wfile.write(data[start:start + 100000])
            self.wfile.flush()
            time.sleep(60)
        else:
            self.wfile.write(data[start:])


s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
s.daemon_threads = True
print(s.server_address[1], flush=True)
s.serve_forever()
P
python3 "$dir/server.py" "$dir/www" "$dir/log" >"$dir/port" &
server=$!
for _ in $(seq 100); do [ -s "$dir/port" ] && break; sleep 0.1; done
port=$(cat "$dir/port")
cp firmware/packaging/models-fetch.sh "$dir/share/"
sha=$(sha256sum <"$dir/www/good.bin" | cut -d' ' -f1)
{
    echo "model gemma rescorer default Test-Licence a model"
    echo "info en 1 live 1"
    echo "file gemma.bin $sha 3000000"
    for kind in good cut lie stall norange short gone; do
        echo "model $kind vad extra Test-Licence a file that is served so"
        echo "info ko,en 10 live 3"
        echo "file $kind.bin $sha 3000000"
        echo "url https://huggingface.co/$kind/x.bin"
    done
    echo "model two vad extra Test-Licence the second address has it"
    echo "file two.bin $sha 0"
    echo "url https://huggingface.co/gone/x.bin"
    echo "url https://huggingface.co/good/x.bin"
    echo "model unknown vad extra Test-Licence its hash is not known"
    echo "file unknown.bin - 0"
    echo "url https://huggingface.co/good/x.bin"
} >"$dir/share/models.manifest"
export MOIM_SHARE=$dir/share MOIM_MODELS=$dir/cache XDG_DATA_HOME=$dir/data MOIM_MODELS_MIRROR=http://127.0.0.1:$port MOIM_FETCH_STALL=2 MOIM_FETCH_WAIT=0
fetch() { timeout 60 "$dir/share/models-fetch.sh" "$@" >"$dir/out" 2>"$dir/err"; }
same() { cmp -s "$dir/www/good.bin" "$dir/cache/$1" || fail "$1 is not what the server has"; }

fetch good || fail "good: $(cat "$dir/err")"
same good.bin
grep -q 'licence: Test-Licence' "$dir/err" || fail "no licence shown"
[ "$(grep -n 'licence' "$dir/err" | head -1 | cut -d: -f1)" = 1 ] || fail "the licence comes after other lines"
fetch two || fail "two: $(cat "$dir/err")"
same two.bin
fetch cut || fail "cut three times, and three times gone on: $(cat "$dir/err")"
same cut.bin
grep -q '^cut 1200000$' "$dir/log" || fail "it did not go on from the middle: $(cat "$dir/log")"
fetch norange || fail "norange: $(cat "$dir/err")"
same norange.bin
echo ok: served, cut, without ranges

echo old >"$dir/cache/lie.bin"
fetch lie && fail "a lie was taken"
grep -q 'SHA-256 differs' "$dir/err" || fail "lie: $(cat "$dir/err")"
[ "$(cat "$dir/cache/lie.bin")" = old ] || fail "a lie took the place of what was there"
fetch short && fail "a short file was taken"
[ ! -e "$dir/cache/short.bin" ] || fail "a short file was installed"
fetch gone && fail "what is gone was taken"
[ ! -e "$dir/cache/gone.bin" ] || fail "what is gone was installed"
fetch stall && fail "a stalled file was taken"
[ ! -e "$dir/cache/stall.bin" ] || fail "a stalled file was installed"
[ -s "$dir/cache/.parts/$sha.download" ] || fail "what came before the stall is lost"
echo ok: lie, short, gone, stalled

fetch unknown || fail "unknown: $(cat "$dir/err")"
grep -q "SHA-256 $sha (remembered)" "$dir/err" || fail "the hash is not shown"
rm "$dir/cache/unknown.bin"
cp "$dir/www/good.bin" "$dir/kept"
head -c 3000000 /dev/urandom >"$dir/www/good.bin"
fetch unknown && fail "another file was taken for the one remembered"
cp "$dir/kept" "$dir/www/good.bin"
echo ok: a hash is remembered

# The catalogue, and what is tried before it is used.
"$moim" models list --available >"$dir/out" || fail "list --available"
for word in good ko,en 10 live Test-Licence installed; do grep -qw -- "$word" "$dir/out" || fail "no $word in: $(cat "$dir/out")"; done
"$moim" models list >"$dir/out" || fail "list"
grep -q '^stall' "$dir/out" && fail "list shows what is neither moim's nor there"
"$moim" models list --available --json | python3 -c 'import json, sys; a = json.load(sys.stdin); assert {"languages", "memory_mb", "speed", "licence", "size_mb"} <= set(a[1]), a[1]' || fail "list --json"
"$moim" models recommend >"$dir/out" || fail "recommend"
grep -q 'this machine' "$dir/out" || fail "recommend: $(cat "$dir/out")"
sox -q -n -r 16000 -c 1 "$dir/a.wav" synth 1 sine 300 || exit 1
"$moim" models use vad "$dir/a.wav" 2>"$dir/err" && fail "a WAV file was taken for voice activity"
"$moim" models use vad good 2>"$dir/err" && fail "noise was taken for voice activity"
"$moim" models add "$dir/a.wav" 2>"$dir/err" && fail "a WAV file was added"
[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "$(cat "$dir/err")"
"$moim" models use vad "$models/silero-vad-v6.2.0.bin" || fail "the real one was refused"
"$moim" models list >"$dir/out"
grep -q "chosen.*silero-vad" "$dir/out" || fail "list does not show what was chosen: $(cat "$dir/out")"
"$moim" models use vad || fail "back to the manifest's"
"$moim" models list | grep -q chosen && fail "still chosen"
"$moim" models add "$models/silero-vad-v6.2.0.bin" >"$dir/out" || fail "add"
grep -q 'used for vad' "$dir/out" || fail "add: $(cat "$dir/out")"
mkdir "$dir/hf" && printf '\002\0\0\0\0\0\0\0{}' >"$dir/hf/model.safetensors"
"$moim" models add "$dir/hf" 2>"$dir/err" && fail "a folder without tensors was added"
grep -q 'hf/model.safetensors: tensor decoder.token_embedding.weight is missing' "$dir/err" || fail "a folder without tensors: $(cat "$dir/err")"
echo ok: list, recommend, use, add
