"""Learns what a meeting was about and what a title names: the weights of summarize/subjects.c.

    for a in /tmp/json/*; do build/moim-eval features --subjects $a /tmp/subjects/${a##*/}.tsv; done
    python3 subjects.py --words >/tmp/words.tsv && build/moim-eval states --questions /tmp/words.tsv /tmp/words.bin
    python3 subjects.py /tmp/subjects /tmp/corpus /tmp/json FEATURES /tmp/words ../subject_weights.inc   # FEATURES: of train.py

Three sums over a candidate. Worth: what the author's title, summary and keys make of its words; two logistic regressions added up, whether
the summary and the keys name it, and 0.3 of whether the title does, without the words themselves. Names, and heads: logistic regressions to
what readers said of the candidates of 798 meetings (subjects/ko.tsv, en.tsv: T a title would have it, S names a matter that was discussed,
M belongs to one, X neither), to S or T and to T; they rest on worth and on what the author's title has (a conditional logit), too, both learnt
from other authors. Where there is a sentence encoder, on worth, the mean state of the turns that say it and the state of the words by
themselves. Prints how well they do on authors left out.
"""

import argparse
import json
import pathlib
import re
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

import data

HASHED, FOLDS = 4096, 6
STATE = data.STATE
RIDGE, RIDGE_WORDS, TITLE = 3.0, 12.0, 0.3
CHOICE_RIDGE, CHOICE_RIDGE_WORDS, CHOICE_WORTH = 10.0, 30.0, 0.5
READ_RIDGE, READ_RIDGE_WORDS, READ_RIDGE_STATE = 1.0, 6.0, 20.0
STATE_SCALE = 0.3
GENERAL = set(
    "회의 논의 미팅 이야기 얘기 관련 모임 상의 상담 통화 건 준비 정기 임시 월례 주간 아침 저녁 문제 협의 점검 회의록 화상 면담 회식 "
    "the and for with meeting call committee of a in on to week weekly monthly team board review chat session update sync group staff debrief".split()
)


def stem(word):
    for end in ("ing", "ies", "es", "ed", "s"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word.rstrip("e") if len(word) > 4 else word


class Reference:
    """What the author of a meeting wrote about it."""

    def __init__(self, path, korean):
        text = path.read_text()
        field = lambda pattern: " , ".join(re.findall(pattern, text, re.M))
        self.korean = korean
        self.title = self.hold(field(r"^# title: (.*)"))
        self.kind = self.hold("" if korean else field(r"^# kind: (.*)"))
        self.summary = self.hold(field(r"^!summary (.*)"))
        self.settled = self.hold(field(r"^![dq] \d+ \|(.*)"))
        self.tasks = self.hold(field(r"^!t \d+ \|.*\|(.*)"))

    def hold(self, text):
        return text if self.korean else {stem(w) for w in re.findall("[a-z]+", text.lower())}

    def words(self, text):
        return text.split() if self.korean else [stem(w) for w in re.findall("[a-z]+", text.lower())]

    def in_title(self, word):
        return word not in GENERAL and (word in self.title or word in self.kind)

    def worth(self, text):
        worth = []
        for w in self.words(text):
            summary, settled, task = w in self.summary, w in self.settled, w in self.tasks
            if self.in_title(w) or (summary and settled):
                worth.append(1.0)
            elif summary:
                worth.append(0.75 if task else 0.5)
            elif settled or task:
                worth.append(0.4 if settled else 0.2)
            else:
                return 0.0
        return (sum(worth) / len(worth) + max(worth)) / 2 if worth else 0.0

    def in_own_title(self, text):
        words = text.split() if self.korean else self.words(text)
        return float(any(len(w) > (1 if self.korean else 2) and w not in GENERAL and w in self.title for w in words))

    def titled(self, text):
        words = self.words(text)
        return float(bool(words) and all(w not in GENERAL and w in self.title for w in words))


def hashes(text, korean):
    def fnv(part, seed):
        h = 2166136261 ^ seed
        for byte in part:
            h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
        return h % HASHED

    words = [w.lower() if w.isascii() else w for w in text.split(" ")]
    for i, w in enumerate(words):
        seed = 8 if i < len(words) - 1 else 0
        if korean:
            parts = [w, w[-1:], w[-2:], w[:1], w[:2]]
        else:
            parts = [w, w[-2:], w[-3:], w[-4:], w[:4]]
        for k, part in enumerate(parts):
            yield fnv(part.encode(), k + 1 + seed), 1 / len(words)
        yield fnv(w.encode(), 6), 1 / len(words)


def said(turns, text, korean):
    """The turns that say it, as find_thing() of subjects.c sees them."""
    pattern = re.compile((r"(?:^| )" if korean else r"(?<![A-Za-z])") + re.escape(text), 0 if korean else re.I)
    return [t for t, u in enumerate(turns) if pattern.search(u)]


def read_codes(korean):
    """(author/meeting, words) -> code."""
    return data.codes(pathlib.Path(__file__).parent / "subjects" / ("ko.tsv" if korean else "en.tsv"))


class Table:
    """The candidates of a language, a row each."""

    def __init__(self, args, korean):
        readers, vectors = read_codes(korean), data.own_states(args.words)
        dense, words, self.worth, self.titled, self.chosen = [], [], [], [], []
        self.meeting, self.author, self.code, state, word = [], [], [], [], []
        for path in sorted(args.folder.glob("*.tsv")):
            if korean != ("k" in path.stem):
                continue
            states, reference, turns = {f.name: f.state for f in data.read(args.features / f"{path.stem}.bin")}, {}, {}
            for line in path.read_text().splitlines():
                name, _, _, _, features, text = line.split("\t")
                if name not in reference:
                    reference[name] = Reference(args.corpus / path.stem / name.replace(".json", ".txt"), korean)
                    turns[name] = [u["text"] for u in json.loads((args.json / path.stem / name).read_text())["turns"]]
                r, code = reference[name], readers.get((f"{path.stem}/{name[:-5]}", text), "")
                dense.append([float(x) for x in features.split()])
                words.append(list(hashes(text, korean)))
                self.worth.append(r.worth(text))
                self.titled.append(r.titled(text))
                self.chosen.append(r.in_own_title(text))
                self.meeting.append(path.stem + name)
                self.author.append(path.stem)
                self.code.append(code)
                at = said(turns[name], text, korean) if code else []
                state.append(states[name][at].mean(0) if at else np.zeros(STATE))
                word.append(vectors[text] if code else np.zeros(STATE))
        rows = [i for i, w in enumerate(words) for _ in w]
        self.words = csr_matrix(([s for w in words for _, s in w], (rows, [h for w in words for h, _ in w])), shape=(len(words), HASHED))
        self.dense, self.state = np.array(dense), np.c_[np.array(state), np.array(word)]
        for name in ("worth", "titled", "chosen", "meeting", "author", "code"):
            setattr(self, name, np.array(getattr(self, name)))
        authors = sorted(set(self.author))
        self.fold = np.array([authors.index(a) % FOLDS for a in self.author])


def fit(matrix, y, ridge):
    transposed = matrix.T if isinstance(matrix, np.ndarray) else matrix.T.tocsr()

    def loss(w):
        z = matrix @ w
        return np.logaddexp(0, z).sum() - (y * z).sum() + (ridge * w * w).sum() / 2, transposed @ (1 / (1 + np.exp(-z)) - y) + ridge * w

    return minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x


def choose(matrix, chosen, meeting, ridge):
    """A conditional logit over the candidates of each meeting: whether a chosen one stands first."""
    keep = np.isin(meeting, meeting[chosen > 0])
    matrix, chosen = matrix[keep], chosen[keep]
    _, group = np.unique(meeting[keep], return_inverse=True)
    n, transposed = group.max() + 1, matrix.T.tocsr()

    def loss(w):
        z = matrix @ w
        most = np.full(n, -np.inf)
        np.maximum.at(most, group, z)
        e = np.exp(z - most[group])
        all_of, right = np.bincount(group, e, n), np.bincount(group, chosen * e, n)
        return np.log(all_of / right).sum() + (ridge * w * w).sum() / 2, transposed @ (e / all_of[group] - chosen * e / right[group]) + ridge * w

    return minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x


def by_authors(t, keep):
    """Worth, and what an author's title has, as weights of all features."""
    n, both = t.dense.shape[1], hstack([csr_matrix(t.dense), t.words]).tocsr()
    ridge = np.r_[1e-3, np.full(n - 1, RIDGE), np.full(HASHED, RIDGE_WORDS)]
    main = fit(both[keep], t.worth[keep], ridge)
    titled = keep & np.isin(t.meeting, t.meeting[t.titled > 0])
    title = fit(csr_matrix(t.dense[titled]), t.titled[titled], ridge[:n])
    choice = choose(both[keep], t.chosen[keep], t.meeting[keep], np.r_[1e-3, np.full(n - 1, CHOICE_RIDGE), np.full(HASHED, CHOICE_RIDGE_WORDS)])
    worth = np.r_[main[:n] + TITLE * (title - np.r_[title[0], np.zeros(n - 1)]), main[n:]]
    return worth, choice + CHOICE_WORTH * main


def by_readers(t, both, other, rows, y):
    """(dense, words) without an encoder and (dense and worth, states) with one. other: the weights of two sums, which are folded into the
    first; both: what these sums are, learnt from other authors."""
    n = t.dense.shape[1]
    mean, spread = t.dense[rows].mean(0), t.dense[rows].std(0) + 1e-6
    mean[0], spread[0] = 0, 1
    dense, free = (t.dense[rows] - mean) / spread, np.r_[1e-3, np.full(n - 1, READ_RIDGE)]
    w = fit(hstack([csr_matrix(np.c_[dense, both[rows]]), t.words[rows]]).tocsr(), y, np.r_[free, READ_RIDGE, READ_RIDGE, np.full(HASHED, READ_RIDGE_WORDS)])

    def plain(w):
        d = w[:n] / spread
        d[0] -= (w[1:n] * mean[1:] / spread[1:]).sum()
        return d

    without = (plain(w) + sum(w[n + k] * other[k][:n] for k in range(2)), w[n + 2 :] + sum(w[n + k] * other[k][n:] for k in range(2)))
    state_mean, state_spread = t.state[rows].mean(0), (t.state[rows].std(0) + 1e-3) / STATE_SCALE
    w = fit(np.c_[dense, both[rows, :1], (t.state[rows] - state_mean) / state_spread], y, np.r_[free, READ_RIDGE, np.full(2 * STATE, READ_RIDGE_STATE)])
    d, state = np.r_[plain(w), w[n]], w[n + 1 :] / state_spread
    d[0] -= (state_mean * state).sum()
    return without, (d, state)


def show(name, z, code, meeting):
    order = np.argsort(-z)
    good = np.isin(code, ("S", "T"))
    hit = np.cumsum(good[order])
    first, three = [], []
    for m in set(meeting):
        at = np.flatnonzero(meeting == m)
        at = at[np.argsort(-z[at])]
        first.append((good[at[0]], code[at[0]] == "T"))
        three.append((good[at[:3]].mean(), (code[at[:3]] == "T").any()))
    print(f"{name}: average precision {(hit / np.arange(1, len(hit) + 1))[good[order]].mean():.3f}; first is S or T {np.mean(first, 0)[0]:.3f}, T {np.mean(first, 0)[1]:.3f};"
          f" of three {np.mean(three, 0)[0]:.3f}, {np.mean(three, 0)[1]:.3f}", flush=True)


def learn(args, korean):
    t = Table(args, korean)
    n, all_of = t.dense.shape[1], hstack([csr_matrix(t.dense), t.words]).tocsr()
    other = np.zeros((len(t.code), 2))
    for f in range(FOLDS):
        for k, w in enumerate(by_authors(t, t.fold != f)):
            other[t.fold == f, k] = all_of[t.fold == f] @ w
    authors = by_authors(t, np.ones(len(t.code), bool))
    rows = t.code != ""
    targets = {"names": np.isin(t.code, ("S", "T")).astype(float), "heads": (t.code == "T").astype(float)}
    left_out = {key: np.zeros(len(t.code)) for key in ("names", "heads", "names with states", "heads with states")}
    for f in range(FOLDS):
        at = rows & (t.fold == f)
        inner = [w for w in by_authors(t, t.fold != f)]
        for key, y in targets.items():
            some = rows & (t.fold != f)
            (dense, words), (seen, state) = by_readers(t, other, inner, some, y[some])
            left_out[key][at] = t.dense[at] @ dense + t.words[at] @ words
            left_out[f"{key} with states"][at] = np.c_[t.dense[at], other[at, 0]] @ seen + t.state[at] @ state
    print("Korean" if korean else "English", rows.sum(), "candidates")
    show("worth", other[rows, 0], t.code[rows], t.meeting[rows])
    for key, z in left_out.items():
        show(key, z[rows], t.code[rows], t.meeting[rows])
    for key in ("", " with states"):
        show("names + heads" + key, left_out["names" + key][rows] + left_out["heads" + key][rows], t.code[rows], t.meeting[rows])
    learnt = [by_readers(t, other, authors, rows, y[rows]) for y in targets.values()]
    return [(authors[0][:n], authors[0][n:])] + [without for without, _ in learnt], [seen for _, seen in learnt]


def main():
    args = argparse.ArgumentParser()
    for name in ("folder", "corpus", "json", "features", "words", "out"):
        args.add_argument(name, type=pathlib.Path)
    args = args.parse_args()
    learnt = [learn(args, korean) for korean in (True, False)]
    row = lambda values, digits: "{" + ", ".join(f"{x:.{digits}f}" for x in values) + "}"
    fold_lines = lambda text: re.sub(r"((?:[^,]*,){40})", r"\1\n", text)
    with args.out.open("w") as out:
        out.write("{\n")
        for k in range(3):
            part = [sums[k] for sums, _ in learnt]
            scale = [np.abs(words).max() / 127 for _, words in part]
            out.write("{{%s},\n{%s},\n" % (",\n ".join(row(dense, 3) for dense, _ in part), ", ".join(f"{x:.6f}" for x in scale)))
            tables = ["{" + ",".join(str(int(round(x / s))) for x in words) + "}" for (_, words), s in zip(part, scale)]
            out.write("{%s}},\n" % ",\n".join(fold_lines(t) for t in tables))
        out.write("},\n{\n")
        for k in range(2):
            part = [seen[k] for _, seen in learnt]
            parts = [",\n".join(row(dense, 3) for dense, _ in part)]
            parts += [",\n".join(fold_lines(row(state[at : at + STATE], 4)) for _, state in part) for at in (0, STATE)]
            out.write("{%s},\n" % ",\n".join("{%s}" % p for p in parts))
        out.write("},\n")


if __name__ == "__main__":
    data.put_texts(words for korean in (True, False) for _, words in read_codes(korean)) if sys.argv[1:] == ["--words"] else main()
