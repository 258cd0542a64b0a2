"""How often `moim ask` is right: questions of ours about scripted meetings, some of which nothing answers.

    python3 tests/ask/run.py dev|ko|eval|corpus [moim ask's options]

A question counts as right when the answer holds what it must and a place in the right meeting is cited; one that nothing
answers, when moim says that it does not know. All three were looked at
while the thing was built, so that none is held out. eval asks about the meetings in ../shared/eval/minutes (EVAL), corpus about seven of summarize/training/corpus."""
import glob, json, os, re, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
moim = os.environ.get("MOIM", os.path.join(here, "../../build/moim"))
which = sys.argv[1]
right = asked = refused = unanswerable = invented = 0
spent = []
with tempfile.TemporaryDirectory() as tmp:
    env = dict(os.environ, XDG_DATA_HOME=tmp)
    evaluation = os.environ.get("EVAL", os.path.join(here, "../../../shared/eval"))
    listed = os.path.join(here, which + ".tsv")
    wanted = re.findall(r"[ke]\d/\d{3}", open(listed, encoding="utf-8").readline())
    if wanted:
        training = os.path.join(here, "../../summarize/training")
        subprocess.run([sys.executable, os.path.join(training, "corpus.py"), os.path.join(training, "corpus"), tmp + "/json"], check=True)
    files = [f"{tmp}/json/{w}.json" for w in wanted] or sorted(glob.glob(os.path.join(evaluation, "minutes/*/*.json") if which == "eval" else os.path.join(here, "../minutes", which, "*.json")))
    subprocess.run([moim, "import", "--quiet", "--no-minutes", *files], env=env, check=True, stdout=subprocess.DEVNULL)
    for line in open(listed, encoding="utf-8"):
        if line.startswith("#"):
            continue
        question, title, *must = line.rstrip("\n").split("\t")
        start = time.time()
        out = subprocess.run([moim, "ask", "--json", *sys.argv[2:], question], env=env, check=True, capture_output=True)
        spent.append(time.time() - start)
        r = json.loads(out.stdout)
        places = {c["title"] for c in r["citations"]}
        if title == "-":
            unanswerable += 1
            ok = not r["known"]
            refused += ok
        else:
            asked += 1
            ok = r["known"] and title in places and all(any(m in r["answer"] for m in part.split("|")) for part in must[0].split("&"))
            right += ok
            invented += r["known"] and not ok
        print("ok  " if ok else "BAD ", question, "->", r["answer"] if r["known"] else "?", sorted(places), flush=True)
spent.sort()
print(f"{which}: {right} of {asked} answered right ({invented} wrongly, {asked - right - invented} not at all), "
      f"{refused} of {unanswerable} unanswerable ones refused; {spent[len(spent) // 2]:.1f} s each (median)")
