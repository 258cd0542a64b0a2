#!/usr/bin/env python3
"""Short talks for the tagger to learn from, which otherwise sees whole meetings alone: of every second meeting the turns around one of
its items.

    short.py CORPUS     adds CORPUS/AUTHOR/short-NNN.txt; seed fixed
"""
import pathlib
import random
import sys

import corpus

MOST = 14  # turns
AROUND = 3  # turns before and behind an item, at most; at least one


def cut(path, rng):
    """Lines of the talk around an item of the key, with what of the key stands there; None where none is short enough."""
    meeting, lines = corpus.read(path), path.read_text(encoding='utf-8').split('\n')
    items = meeting.items()
    spans = [(min(t for t, _ in items[i]), max(t for t, _ in items[i])) for _, i, *_ in meeting.key]
    spans = [(a, z) for a, z in spans if z - a < MOST - 2 * AROUND]
    if not spans:
        return None
    a, z = rng.choice(spans)
    a, z = max(0, a - rng.randint(1, AROUND)), min(len(meeting.turns), z + 1 + rng.randint(1, AROUND))
    turns = [line for line in lines if line.count('\t') == 2 and line[0] not in '#!']
    head = [line for line in lines if line.startswith('# ')]
    whole = {i for i in items if all(a <= t < z for t, _ in items[i])}
    key = [line for line in lines if line[:3] in ('!d ', '!t ', '!q ') and int(line[3:].split('|')[0]) in whole]
    return '\n'.join(head + turns[a:z] + key) + '\n'


def main():
    rng = random.Random(4)
    for path in sorted(pathlib.Path(sys.argv[1]).glob('*/*.txt')):
        talk = None if path.stem.startswith('short-') or rng.random() < 0.5 else cut(path, rng)
        if talk:
            path.with_name(f'short-{path.name}').write_text(talk, encoding='utf-8')


if __name__ == '__main__':
    main()
