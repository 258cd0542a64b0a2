"""The curve of live captions by Whisper: delay against errors against processor time, on a clock of its own (captions_curve.c).

    python3 tests/bench/captions_curve.py LANG FILE TEXT [KEY=VALUE]...     (BUILD names the build folder, default build)

TEXT holds the true words. A word's end comes from the word times of `moim transcribe`; the delay of each of its units is the time from there until a caption
first showed it and until it was settled. Units are letters (Korean) or words (else). Errors are units wrong of the final captions, beside those
of the whole recording in one greedy pass.
"""
import difflib, json, os, re, statistics, subprocess, sys, tempfile

lang, path, text = sys.argv[1:4]
build = os.environ.get("BUILD", "build")
share = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../firmware/packaging")
env = dict(os.environ, XDG_DATA_HOME=tempfile.mkdtemp(), MOIM_SHARE=share)


def words(text):
    return re.sub(r"[^\w' ]", "", text.lower()).split()


def units(text):
    return list("".join(words(text))) if lang == "ko" else words(text)


def errors(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        new = [i + 1]
        for j, y in enumerate(b):
            new.append(min(row[j + 1] + 1, new[j] + 1, row[j] + (x != y)))
        row = new
    return row[-1]


whole = path + ".words.json"  # kept beside the file: it does not change with the settings
if not os.path.exists(whole):
    out = subprocess.run([os.path.join(build, "moim"), "transcribe", "--lang", lang, "--model", "whisper", "--no-rescore", "--beam", "1",
                          "--format", "json", path], capture_output=True, check=True, env=env).stdout
    open(whole, "wb").write(out)
whole = json.load(open(whole))
reference = [(k, w["end"]) for s in whole["segments"] for w in s["words"] for k in units(w["text"])]

out = subprocess.run([os.path.join(build, "tests/bench/captions_curve"), lang, path, *sys.argv[4:]], capture_output=True, check=True, env=env, text=True).stdout
first = {"partial": {}, "settled": {}}
done, finals, taken_back, settled = [], [], 0, ""


def note(kind, shown, now):
    match = difflib.SequenceMatcher(None, [w for w, _ in reference], shown, autojunk=False)
    for block in match.get_matching_blocks():
        for i in range(block.a, block.a + block.size):
            if reference[i][1] <= now + 0.5:  # a word that is still to come is another one that looks the same
                first[kind].setdefault(i, now)


for line in out.splitlines():
    e = json.loads(line)
    if e["type"] == "cost":
        cost = e
        continue
    sure = e["text"].encode()[:e["settled"]].decode("utf-8", "ignore")
    taken_back += not sure.startswith(settled)
    settled = "" if e["type"] == "final" else sure
    note("partial", done + units(e["text"]), e["now"])
    note("settled", done + units(sure), e["now"])
    if e["type"] == "final":
        done += units(e["text"])
        finals.append(e["text"])

truth = units(open(text).read())
wrong, plain = errors(truth, units(" ".join(finals))), errors(truth, units(" ".join(s["text"] for s in whole["segments"])))
late = {k: sorted(t - reference[i][1] for i, t in v.items()) for k, v in first.items()}
print(" ".join(sys.argv[4:]) or "defaults")
for k, v in late.items():
    print(f"  {k:8} {len(v):4} of {len(reference)}, seconds behind: median {statistics.median(v):.2f}, 90 % {v[int(len(v) * 0.9)]:.2f}")
print(f"  wrong {100 * wrong / len(truth):.2f} % (whole, greedy {100 * plain / len(truth):.2f} %), taken back {taken_back}, "
      f"processor {cost['processor'] / cost['seconds']:.2f} of real time, {cost['memory']:.0f} MiB")
