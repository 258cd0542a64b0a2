#!/usr/bin/env python3
"""Short talks for the tagger to learn from, which otherwise sees whole meetings alone: of every second meeting the turns around one of
its items, of every fourth some in which there is none.

    short.py CORPUS     adds CORPUS/AUTHOR/short-NNN.txt and idle-NNN.txt; seed fixed
"""
import pathlib
import random
import sys

import corpus

MOST = 14  # turns
MAKES = 'SGTQ'  # tags of the turns that make an item what it is: they keep their tags, so the key keeps its line
AROUND = 3  # turns before and behind an item, at most
IDLE = 3, 8  # turns of a talk without items


def around_item(meeting, rng):
    """First turn and the one behind the last; None where no item is short enough."""
    items = meeting.items()
    spans = [(min(t for t, _ in items[i]), max(t for t, _ in items[i])) for _, i, *_ in meeting.key]
    spans = [(a, z) for a, z in spans if z - a < MOST - 2 * AROUND]
    if not spans:
        return None
    a, z = rng.choice(spans)
    return max(0, a - rng.randint(0, AROUND)), min(len(meeting.turns), z + 1 + rng.randint(0, AROUND))


def idle(meeting, rng):
    """The same, of turns without a tag."""
    most = rng.randint(*IDLE)
    starts = [a for a in range(len(meeting.turns) - most + 1) if not any(meeting.tags[a:a + most])]
    return (a := rng.choice(starts), a + most) if starts else None


def cut(path, span, rng):
    """Lines of the talk with what of the key stands there; None where there is none."""
    meeting, lines = corpus.read(path), path.read_text(encoding='utf-8').split('\n')
    found = span(meeting, rng)
    if not found:
        return None
    a, z = found
    turns = [line for line in lines if line.count('\t') == 2 and line[0] not in '#!']
    head = [line for line in lines if line.startswith('# ')]
    whole = {i for i, at in meeting.items().items() if all(a <= t < z for t, tag in at if tag in MAKES)}
    key = [line for line in lines if line[:3] in ('!d ', '!t ', '!q ') and int(line[3:].split('|')[0]) in whole]
    return '\n'.join(head + turns[a:z] + key) + '\n'


def main():
    rng = random.Random(4)
    for path in sorted(pathlib.Path(sys.argv[1]).glob('*/[0-9]*.txt')):
        for span, name, share in ((around_item, 'short', 0.5), (idle, 'idle', 0.25)):
            talk = cut(path, span, rng) if rng.random() < share else None
            if talk:
                path.with_name(f'{name}-{path.name}').write_text(talk, encoding='utf-8')


if __name__ == '__main__':
    main()
