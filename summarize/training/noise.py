#!/usr/bin/env python3
"""Transcripts as a recogniser would leave them: no punctuation, case or apostrophes, some Korean spaces moved, some
syllables and words misheard, speakers by number.

    noise.py IN OUT    folders of JSON with keys
"""
import json
import pathlib
import random
import re
import sys
import zlib

VOWELS = {'ㅐㅔ': (1, 5), 'ㅗㅜ': (8, 13), 'ㅓㅗ': (4, 8), 'ㅡㅜ': (18, 13), 'ㅣㅟ': (20, 16)}
WORDS = {'the': 'a', 'will': 'well', 'to': 'two', 'for': 'four', 'their': 'there', 'an': 'and', 'by': 'buy',
         'is': 'as', 'it': 'at', 'of': 'off'}


def misheard(syllable, rng):
    code = ord(syllable) - 0xAC00
    lead, vowel, tail = code // 588, code // 28 % 21, code % 28
    for a, b in rng.sample(list(VOWELS.values()), len(VOWELS)):
        if vowel in (a, b):
            return chr(0xAC00 + (lead * 21 + (b if vowel == a else a)) * 28 + tail)
    return syllable


def noisy(text, rng):
    text = re.sub(r"['’]", '', text).lower()
    text = re.sub(r'[^\w\s]|_', ' ', text)
    out = []
    for word in text.split():
        if word in WORDS and rng.random() < 0.1:
            word = WORDS[word]
        word = ''.join(misheard(c, rng) if '가' <= c <= '힣' and rng.random() < 0.03 else c for c in word)
        join = out and re.search('[가-힣]$', out[-1]) and rng.random() < 0.08
        if join:
            out[-1] += word
        else:
            out.append(word)
    return ' '.join(out) or '음'


def main():
    src, dst = (pathlib.Path(a) for a in sys.argv[1:3])
    dst.mkdir(parents=True, exist_ok=True)
    for path in sorted(src.glob('*.json')):
        rng = random.Random(zlib.crc32(path.name.encode()))
        o = json.loads(path.read_text(encoding='utf-8'))
        label = {}
        for t in o['turns']:
            who = t.get('speaker', '')
            label.setdefault(who, f"{'화자' if o['language'] == 'ko' else 'Speaker'} {len(label) + 1}" if who else '')
            t['speaker'], t['text'] = label[who], noisy(t['text'], rng)
        for one in o['key'].get('actions', []):
            one['owner'] = label.get(one['owner'], one['owner'])
        (dst / path.name).write_text(json.dumps(o, ensure_ascii=False), encoding='utf-8')


if __name__ == '__main__':
    main()
