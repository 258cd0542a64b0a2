"""Holds what the daemon sends against docs/openapi.yaml, both ways: nothing that is promised is missing, nothing is sent that is not described.

serve_client.py hands every answer and every event to `answer` and `event`."""
import os, re

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "../../docs/openapi.yaml"), encoding="utf-8") as f:
    DOC = yaml.safe_load(f)

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
seen = set()  # (name of the schema, property) that came at least once


def path_of(template):
    return re.compile("^" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + "$")


# What stands in the path literally goes before what may be anything.
PATHS = sorted(((t, path_of(t)) for t in DOC["paths"]), key=lambda p: p[0].count("{"))


def resolve(node):
    name = None
    while isinstance(node, dict) and "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        at = DOC
        for part in node["$ref"][2:].split("/"):
            at = at[part]
        node = at
    return node, name


def fault(where, what):
    raise AssertionError(f"{where}: {what} (docs/openapi.yaml)")


def check_text(s, v, where):
    if s.get("format") == "date-time" and not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", v):
        fault(where, f"no instant: {v!r}")
    if s.get("format") == "date" and not re.match(r"\d{4}-\d\d-\d\d$", v):
        fault(where, f"no date: {v!r}")


def check(schema, v, where, name="?"):
    s, ref = resolve(schema)
    name = ref or name
    if v is None and s.get("nullable"):
        return
    kind = s.get("type")
    if kind and (not isinstance(v, KINDS[kind]) or (isinstance(v, bool) and kind != "boolean")):
        if not (kind == "integer" and isinstance(v, float) and v == int(v)):
            fault(where, f"{kind} is promised, {v!r:.80} came")
    if "enum" in s and v not in s["enum"]:
        fault(where, f"{v!r} is none of {s['enum']}")
    if kind in ("integer", "number") and not s.get("minimum", v) <= v <= s.get("maximum", v):
        fault(where, f"{v} is out of range")
    if kind == "string":
        check_text(s, v, where)
    if kind == "array":
        for i, x in enumerate(v):
            check(s["items"], x, f"{where}[{i}]", name)
    if kind == "object" and "properties" in s:
        for key in s.get("required", []):
            if key not in v:
                fault(where, f"'{key}' is promised and missing")
        for key, x in v.items():
            if key not in s["properties"]:
                fault(where, f"'{key}' is sent and not described")
            seen.add((name, key))
            check(s["properties"][key], x, f"{where}.{key}", f"{name}.{key}")


def answer(method, path, status, content_type, body):
    """One answer: its path, status and kind are described, and its JSON is as described."""
    path, method = path.split("?")[0], {"HEAD": "GET"}.get(method, method).lower()
    ops = next((DOC["paths"][t] for t, r in PATHS if r.match(path)), None)
    op = ops and ops.get(method)
    if not op:
        if status < 400:
            fault(f"{method} {path}", "is not described")
        check({"$ref": "#/components/schemas/Error"}, body, f"{method} {path} {status}")
        return
    where = f"{method.upper()} {path} {status}"
    response, _ = resolve(op["responses"].get(str(status)) or (op["responses"]["default"] if status >= 400 else fault(where, "status is not described")))
    content = response.get("content", {})
    kind = (content_type or "").split(";")[0]
    if not content:
        return
    if kind not in content:
        fault(where, f"{kind} is not described, but {list(content)}")
    if kind == "application/json" and isinstance(body, (dict, list)):
        check(content[kind]["schema"], body, where, op["summary"])


def event(kind, data):
    if kind not in DOC["x-events"]:
        fault(f"event {kind}", "is not described")
    check(DOC["x-events"][kind], data, f"event {kind}")
