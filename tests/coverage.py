#!/usr/bin/env python3
"""Lines that the suites ran, a folder a line, by gcov. coverage.py BUILD-DIRECTORY"""
import collections, json, pathlib, subprocess, sys

build = pathlib.Path(sys.argv[1])
ran, lines = collections.Counter(), collections.Counter()
for notes in sorted(build.rglob("*.gcno")):
    name = notes.relative_to(build).with_suffix(".c").as_posix()
    if name.startswith("tests/") or not pathlib.Path(name).exists():  # made by the build
        continue
    out = subprocess.run(["gcov", "--json-format", "--stdout", str(notes)], capture_output=True, text=True).stdout
    hit = {}
    for report in out.splitlines():
        for f in json.loads(report)["files"]:
            if f["file"] == name:
                for line in f["lines"]:
                    hit[line["line_number"]] = max(hit.get(line["line_number"], 0), line["count"])
    room = name.rsplit("/", 1)[0]
    lines[room] += len(hit)
    ran[room] += sum(1 for c in hit.values() if c)
for room in sorted(lines):
    print(f"{room:24} {100 * ran[room] / max(1, lines[room]):5.1f} %  {ran[room]} of {lines[room]} lines")
print(f"{'all':24} {100 * sum(ran.values()) / max(1, sum(lines.values())):5.1f} %")
