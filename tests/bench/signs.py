#!/usr/bin/env python3
"""Signs of a transcript against those of a text that is known: precision, recall and F1 of full stops, question marks and commas.

    signs.py REFERENCE HYPOTHESIS

Two files of plain text. Words are aligned without case and signs; a sign counts where it stands behind a word that both
have. ';' and ':' of the reference are taken for commas, '!' for a full stop, as a listener cannot tell them apart."""
import difflib
import re
import sys

KINDS = {".": ".", "!": ".", "?": "?", ",": ",", ";": ",", ":": ","}


def words(text):
    """[(letters, sign behind them or "")]"""
    out = []
    for token in text.split():
        letters = re.sub(r"[^\w']", "", token.lower())
        sign = KINDS.get(token.rstrip("\"')”’")[-1:], "")
        if letters:
            out.append((letters, sign))
        elif out and sign:
            out[-1] = (out[-1][0], sign)
    return out


def main():
    ref, hyp = (words(open(path, encoding="utf-8").read()) for path in sys.argv[1:3])
    match = difflib.SequenceMatcher(None, [w for w, _ in ref], [w for w, _ in hyp], autojunk=False)
    right, told, wanted = {}, {}, {}
    for block in match.get_matching_blocks():
        for i in range(block.size):
            a, b = ref[block.a + i][1], hyp[block.b + i][1]
            wanted[a] = wanted.get(a, 0) + 1
            told[b] = told.get(b, 0) + 1
            if a == b:
                right[a] = right.get(a, 0) + 1
    n_right = n_told = n_wanted = 0
    for name, sign in (("full stops", "."), ("question marks", "?"), ("commas", ","), ("all", "")):
        r, t, w = (right.get(sign, 0), told.get(sign, 0), wanted.get(sign, 0)) if sign else (n_right, n_told, n_wanted)
        if sign:
            n_right, n_told, n_wanted = n_right + r, n_told + t, n_wanted + w
        print(f"{name:14} precision {r / t if t else 0:.2f} recall {r / w if w else 0:.2f} F1 {2 * r / (t + w) if t + w else 0:.2f} ({w} in the text)")


if __name__ == "__main__":
    main()
