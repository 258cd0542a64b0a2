"""ROUGE of pairs of texts by rouge-score 0.1.2, one "r1 r2 rl<TAB>reference<TAB>text" a line:
   pip install rouge-score && python3 tests/golden/make_rouge.py > tests/summarize/golden/rouge.txt"""
import random
from rouge_score import rouge_scorer

random.seed(7)
words = "the group discussed a remote control with six buttons and decided to cut its cost by 12 percent; Ann's design won 3-to-1 (again)".split()
pairs = [("The cat sat on the mat.", "the cat is on the mat"), ("One two three", "four five"), ("a b", ""), ("Don't stop", "do not stop"),
         ("25,000 euros", "25 000 Euros"), ("x", "x")]
for _ in range(60):
    pairs.append(tuple(" ".join(random.choice(words) for _ in range(random.randint(1, 40))) for _ in range(2)))
s = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
for a, b in pairs:
    r = s.score(a, b)
    print("%.9f %.9f %.9f\t%s\t%s" % (r["rouge1"].fmeasure, r["rouge2"].fmeasure, r["rougeL"].fmeasure, a, b))
