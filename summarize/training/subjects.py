"""Learns what a title names: the weights of summarize/subjects.c, from the corpus.

    for a in /tmp/json/*; do build/moim-eval features --subjects $a /tmp/subjects/${a##*/}.tsv; done
    python3 subjects.py /tmp/subjects /tmp/corpus ../subject_weights.inc [--without k1,e1]

A candidate is worth what the author's title, summary and keys make of its words. Two logistic regressions are added up: whether the summary
and the keys name it, and half of whether the title does, without the words themselves. --without leaves authors out.
"""

import argparse
import pathlib
import re

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

HASHED = 4096
RIDGE, RIDGE_WORDS, TITLE = 3.0, 12.0, 0.3
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


def read(folder, corpus, korean, without):
    dense, words, worth, titled, meeting = [], [], [], [], []
    for path in sorted(folder.glob("*.tsv")):
        if (korean != ("k" in path.stem)) or path.stem in without:
            continue
        reference = {}
        for line in path.read_text().splitlines():
            name, _, _, features, text = line.split("\t")
            if name not in reference:
                reference[name] = Reference(corpus / path.stem / name.replace(".json", ".txt"), korean)
            dense.append([float(x) for x in features.split()])
            words.append(list(hashes(text, korean)))
            worth.append(reference[name].worth(text))
            titled.append(reference[name].titled(text))
            meeting.append(path.stem + name)
    rows = [i for i, w in enumerate(words) for _ in w]
    at = [h for w in words for h, _ in w]
    share = [s for w in words for _, s in w]
    return np.array(dense), csr_matrix((share, (rows, at)), shape=(len(words), HASHED)), np.array(worth), np.array(titled), np.array(meeting)


def fit(matrix, y, ridge):
    transposed = matrix.T.tocsr()

    def loss(w):
        z = matrix @ w
        return np.logaddexp(0, z).sum() - (y * z).sum() + (ridge * w * w).sum() / 2, transposed @ (1 / (1 + np.exp(-z)) - y) + ridge * w

    return minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x


def learn(folder, corpus, korean, without):
    dense, words, worth, titled, meeting = read(folder, corpus, korean, without)
    n = dense.shape[1]
    ridge = np.r_[1e-3, np.full(n - 1, RIDGE), np.full(HASHED, RIDGE_WORDS)]
    main = fit(hstack([csr_matrix(dense), words]).tocsr(), worth, ridge)
    with_title = np.isin(meeting, meeting[titled > 0])
    title = fit(csr_matrix(dense[with_title]), titled[with_title], ridge[:n])
    return main[:n] + TITLE * (title - np.r_[title[0], np.zeros(n - 1)]), main[n:]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("folder", type=pathlib.Path)
    args.add_argument("corpus", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--without", default="")
    a = args.parse_args()
    learnt = [learn(a.folder, a.corpus, korean, a.without.split(",")) for korean in (True, False)]
    scale = [np.abs(words).max() / 127 for _, words in learnt]
    with a.out.open("w") as out:
        out.write("{%s},\n{%s},\n" % (",\n ".join("{" + ", ".join(f"{x:.3f}" for x in d) + "}" for d, _ in learnt), ", ".join(f"{s:.6f}" for s in scale)))
        tables = ["{" + ",".join(str(int(round(x / s))) for x in w) + "}" for (_, w), s in zip(learnt, scale)]
        out.write("{%s}\n" % ",\n".join(re.sub(r"((?:[^,]*,){40})", r"\1\n", t) for t in tables))


if __name__ == "__main__":
    main()
