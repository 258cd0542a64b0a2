"""Error rates of the tuning split over a grid of rescoring weights, from one run of the recogniser.

    python3 tests/tuning/weights.py OUT/ko [EVERY [OPTION...]]
        (after make_speech.py; options go to `moim transcribe`; MOIM names the program, default build/moim)

Prints the first pass, the oracle (the best entry of each list) and the best ten settings of lm, length and scale
(lm/rescore.h), by CER for Korean, WER for English.
"""
import functools, itertools, json, math, os, re, subprocess, sys

folder, every = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
korean = os.path.basename(folder).endswith("ko")
moim = os.environ.get("MOIM", "build/moim")


def letters(s):
    return re.sub("[^0-9a-z가-힣]", "", s.lower())


def units(s):
    return letters(s) if korean else tuple(re.sub("[^a-z' ]", "", s.lower().replace("-", " ")).split())


@functools.lru_cache(None)
def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        new = [i + 1]
        for j, y in enumerate(b):
            new.append(min(row[j + 1] + 1, new[j] + 1, row[j] + (x != y)))
        row = new
    return row[-1]


cases = []
for n, line in enumerate(open(f"{folder}/transcripts.txt", encoding="utf-8")):
    if n % every:
        continue
    name, text = line.rstrip("\n").split(" ", 1)
    got = subprocess.run([moim, "transcribe", "--lang", "ko" if korean else "en", *sys.argv[3:], "--nbest", "40", "--json",
                          f"{folder}/{name}.flac"], capture_output=True, check=True)
    stretches = json.loads(got.stdout)
    if len(stretches) == 1:  # cut by a pause: its lists cannot be compared with one reference
        cases.append((units(text), [(units(h["text"]), h["acoustic"], h["lm"], h["first_pass_rank"], len(letters(h["text"])))
                                    for h in stretches[0]["hypotheses"]]))
total = sum(len(r) for r, _ in cases)


def run(lm, length, scale):
    wrong = 0
    for ref, hyps in cases:
        score = [a + lm * l + length * n for _, a, l, _, n in hyps]
        top = max(score)
        p = [math.exp(scale * (s - top)) for s in score]
        risk = [sum(q * edits(t, u) for q, (u, *_) in zip(p, hyps)) for t, *_ in hyps]
        key = (lambda i: (risk[i], -score[i])) if scale > 0 else (lambda i: -score[i])
        wrong += edits(hyps[min(range(len(hyps)), key=key)][0], ref)
    return 100 * wrong / total


print(f"{len(cases)} recordings, {total} letters or words")
print("first pass %.2f %%, oracle %.2f %%" % (
    100 * sum(edits(min(h, key=lambda x: x[3])[0], r) for r, h in cases) / total,
    100 * sum(min(edits(x[0], r) for x in h) for r, h in cases) / total))
grid = itertools.product((0, .1, .2, .3, .4, .5), (0, .2, .4, .8, 1.2, 1.3), (0, .35, .5, .7, 1))
for rate, lm, length, scale in sorted((run(*g), *g) for g in grid)[:10]:
    print(f"{rate:.2f} %  lm {lm}  length {length}  scale {scale}")
