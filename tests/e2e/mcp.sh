#!/usr/bin/env bash
# moim mcp: what an assistant says and hears, line by line.
set -euo pipefail
cd "$(dirname "$0")/../.."
export XDG_DATA_HOME=$(mktemp -d)
trap 'rm -rf "$XDG_DATA_HOME"' EXIT
moim=$(realpath "${MOIM:-build/moim}")
cat >"$XDG_DATA_HOME/m.txt" <<'T'
Kim: The budget is approved by the finance team.
Lee: Then we order the microphones on Friday.
T
"$moim" import --no-minutes --title Budget "$XDG_DATA_HOME/m.txt" >/dev/null
python3 - "$moim" <<'P'
import json, subprocess, sys
p = subprocess.Popen([sys.argv[1], "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
def say(line):
    p.stdin.write(line + "\n"); p.stdin.flush()
def call(method, params=None, id=1):
    say(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}))
    r = json.loads(p.stdout.readline())
    assert r["id"] == id and r["jsonrpc"] == "2.0", r
    return r
def tool(name, **arguments):
    r = call("tools/call", {"name": name, "arguments": arguments})["result"]
    return r["isError"], r["content"][0]["text"]
r = call("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}, id="a")["result"]
assert r["protocolVersion"] == "2025-06-18" and "tools" in r["capabilities"] and r["serverInfo"]["name"] == "moim", r
say('{"jsonrpc":"2.0","method":"notifications/initialized"}')
names = [t["name"] for t in call("tools/list")["result"]["tools"]]
assert names == ["list", "search", "show", "minutes", "ask"], names
bad, text = tool("list")
id = json.loads(text)[0]["id"]
assert not bad and json.loads(text)[0]["title"] == "Budget"
bad, text = tool("search", query="finance team")
assert not bad and "finance" in json.loads(text)[0]["text"], text
bad, text = tool("show", meeting=id)
assert not bad and "microphones on Friday" in text and "Kim" in text, text
assert tool("minutes", meeting=id)[0] and tool("show", meeting=999)[0] and tool("search")[0] and tool("show", meeting="x")[0]
assert call("tools/call", {"name": "rm"})["error"]["code"] == -32602 and call("nothing")["error"]["code"] == -32601
assert call("ping")["result"] == {}
say("this is no JSON")
assert json.loads(p.stdout.readline())["error"]["code"] == -32700
p.stdin.close()
assert p.wait(600) == 0
print("mcp: all well")
P
