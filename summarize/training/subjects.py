"""Learns what a title names: the weights of summarize/subjects.c, from the corpus.

    for a in /tmp/json/*; do build/moim-eval features --subjects $a /tmp/subjects/${a##*/}.tsv; done
    python3 subjects.py /tmp/subjects /tmp/corpus ../subject_weights.inc [--without k1,e1]

A candidate is worth what the author's title, summary and keys make of its words: two logistic regressions added up, whether the summary
and the keys name it, and 0.3 of whether the title does, without the words themselves. What a title names is learnt apart: a conditional logit
over the candidates of each meeting whose author's title says one of their words, and half of the first regression. --without leaves authors out.
"""

import argparse
import pathlib
import re

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

HASHED = 4096
RIDGE, RIDGE_WORDS, TITLE = 3.0, 12.0, 0.3
CHOICE_RIDGE, CHOICE_RIDGE_WORDS, CHOICE_WORTH = 10.0, 30.0, 0.5
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


def read(folder, corpus, korean, without):
    dense, words, worth, titled, chosen, meeting = [], [], [], [], [], []
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
            chosen.append(reference[name].in_own_title(text))
            meeting.append(path.stem + name)
    rows = [i for i, w in enumerate(words) for _ in w]
    at = [h for w in words for h, _ in w]
    share = [s for w in words for _, s in w]
    table = csr_matrix((share, (rows, at)), shape=(len(words), HASHED))
    return np.array(dense), table, np.array(worth), np.array(titled), np.array(chosen), np.array(meeting)


def fit(matrix, y, ridge):
    transposed = matrix.T.tocsr()

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


def learn(folder, corpus, korean, without):
    dense, words, worth, titled, chosen, meeting = read(folder, corpus, korean, without)
    n = dense.shape[1]
    ridge = np.r_[1e-3, np.full(n - 1, RIDGE), np.full(HASHED, RIDGE_WORDS)]
    both = hstack([csr_matrix(dense), words]).tocsr()
    main = fit(both, worth, ridge)
    with_title = np.isin(meeting, meeting[titled > 0])
    title = fit(csr_matrix(dense[with_title]), titled[with_title], ridge[:n])
    choice = choose(both, chosen, meeting, np.r_[1e-3, np.full(n - 1, CHOICE_RIDGE), np.full(HASHED, CHOICE_RIDGE_WORDS)]) + CHOICE_WORTH * main
    return main[:n] + TITLE * (title - np.r_[title[0], np.zeros(n - 1)]), main[n:], choice[:n], choice[n:]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("folder", type=pathlib.Path)
    args.add_argument("corpus", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--without", default="")
    a = args.parse_args()
    learnt = [learn(a.folder, a.corpus, korean, a.without.split(",")) for korean in (True, False)]
    with a.out.open("w") as out:
        for dense, words in ((0, 1), (2, 3)):
            scale = [np.abs(part[words]).max() / 127 for part in learnt]
            out.write("{{%s},\n{%s},\n" % (",\n ".join("{" + ", ".join(f"{x:.3f}" for x in part[dense]) + "}" for part in learnt), ", ".join(f"{x:.6f}" for x in scale)))
            tables = ["{" + ",".join(str(int(round(x / k))) for x in part[words]) + "}" for part, k in zip(learnt, scale)]
            out.write("{%s}},\n" % ",\n".join(re.sub(r"((?:[^,]*,){40})", r"\1\n", t) for t in tables))


if __name__ == "__main__":
    main()
