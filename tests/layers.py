#!/usr/bin/env python3
"""Fails on an include that points up: from a folder, or a wing of firmware/, to one that stands above it.
   layers.py [ROOT]"""
import pathlib, re, sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
# What each room may include, besides itself.
MAY = {
    "base": "",
    "nn": "base",
    "audio": "base nn",
    "asr": "base nn audio lm",
    "lm": "base nn",
    "summarize": "base nn lm",
    "storage": "base",
    "firmware/platform": "base",
}
BELOW = "base nn audio asr lm summarize storage firmware/platform".split()
for wing in "library pipeline recording daemon device".split():
    MAY["firmware/" + wing] = " ".join(BELOW)
    BELOW.append("firmware/" + wing)
MAY["firmware/http"] = "base firmware/platform"
MAY["firmware/api"] = " ".join(BELOW + ["firmware/http"])
MAY["firmware/cli"] = " ".join(BELOW + ["firmware/http", "firmware/api"])
# Many recorders on PostgreSQL: a program of its own above the others, which nobody else includes.
MAY["storage/fleet"] = "base storage"
MAY["firmware/fleet"] = " ".join(BELOW + ["storage/fleet", "firmware/http", "firmware/api", "firmware/cli"])
MAY["firmware"] = "firmware/cli"  # main.c


def room(path):
    parts = path.split("/")
    deep = parts[0] == "firmware" or parts[:2] == ["storage", "fleet"]
    return "/".join(parts[:2]) if deep and len(parts) > 2 else parts[0]


bad = []
for top in {r.split("/")[0] for r in MAY}:
    for source in sorted((ROOT / top).rglob("*.[ch]")):
        name = source.relative_to(ROOT).as_posix()
        here = room(name)
        if here not in MAY:
            bad.append(f"{name}: stands in no known room")
            continue
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if m and room(m[1]) not in {here, *MAY[here].split()}:
                bad.append(f"{name}:{number}: {here} may not include {m[1]}")
stray = [p.name for p in (ROOT / "firmware").iterdir() if p.is_file() and p.name != "main.c"]
bad += [f"firmware/{n}: only main.c and folders stand there" for n in sorted(stray)]
print("\n".join(bad) if bad else "layers: no include points up")
sys.exit(bool(bad))
