"""How far live captions are behind the speech, what they cost, and how right they are.

    python3 tests/bench/captions_latency.py LANG FILE [TEXT]     (MOIM names the program, default build/moim)

Plays FILE in real time through `moim record --from FILE --json`. Each word's end comes from the word times of `moim transcribe`
(the Conformer's for en, Whisper's else); its latency is the time from there until a caption first showed it (partial), until it
stood among settled words, and until a final caption held it. TEXT, the true words, gives the error rate of the final captions beside
that of whole stretches.
"""
import difflib, json, os, re, resource, statistics, subprocess, sys, tempfile, time

lang, path = sys.argv[1:3]
moim = os.environ.get("MOIM", "build/moim")
model = "conformer" if lang == "en" else "whisper"
env = dict(os.environ, XDG_DATA_HOME=tempfile.mkdtemp())


def words(text):
    return re.sub(r"[^\w' ]", "", text.lower()).split()


def errors(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        new = [i + 1]
        for j, y in enumerate(b):
            new.append(min(row[j + 1] + 1, new[j] + 1, row[j] + (x != y)))
        row = new
    return row[-1]


whole = json.loads(subprocess.run([moim, "transcribe", "--model", model, "--lang", lang, "--no-rescore", "--format", "json", path],
                                  capture_output=True, check=True, env=env).stdout)
reference = [(w["text"], w["end"]) for s in whole["segments"] for w in s["words"]]
reference = [(k, end) for text, end in reference for k in words(text)]

before = resource.getrusage(resource.RUSAGE_CHILDREN)
run = subprocess.Popen([moim, "record", "--from", path, "--lang", lang, "--json", "--no-process", "--threads", "2"],
                       stdout=subprocess.PIPE, text=True, env=env)
events, duration = [], 0
for line in run.stdout:
    event = json.loads(line)
    event["now"] = time.monotonic()
    if event["type"] in ("partial", "final"):
        events.append(event)
    elif event["type"] == "meeting":
        duration = event["duration_s"]
run.wait()
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
start = min(e["now"] - e["at"] for e in events)  # when sample 0 was recorded, as nearly as a caption tells

first = {"partial": {}, "settled": {}, "final": {}}


def note(kind, shown, now):
    match = difflib.SequenceMatcher(None, [w for w, _ in reference], shown, autojunk=False)
    for block in match.get_matching_blocks():
        for i in range(block.a, block.a + block.size):
            if reference[i][1] <= now + 0.5:  # a word that is still to come is another one that looks the same
                first[kind].setdefault(i, now)


done = []
for e in events:
    now = e["now"] - start
    note("partial", done + words(e["text"]), now)
    note("settled", done + words(e["text"].encode()[:e["settled"]].decode("utf-8", "ignore")), now)
    if e["type"] == "final":
        done += words(e["text"])
        note("final", done, now)

print(f"{path}: {duration:.1f} s, {len(reference)} words, {len(events)} captions; CPU {100 * cpu / duration:.1f} % of one core")
for kind, seen in first.items():
    late = sorted(t - reference[i][1] for i, t in seen.items())
    if late:
        print(f"  {kind:8} {len(late):4} words, seconds behind: median {statistics.median(late):.2f}, "
              f"90 % {late[int(len(late) * 0.9)]:.2f}, most {late[-1]:.2f}")
if len(sys.argv) > 3:
    truth, plain = words(sys.argv[3]), [w for w, _ in reference]
    print(f"  words wrong of {len(truth)}: captions {errors(truth, done)}, whole stretches {errors(truth, plain)}")
else:
    print(f"  final captions differ from whole stretches in {errors([w for w, _ in reference], done)} words")
