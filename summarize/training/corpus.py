#!/usr/bin/env python3
"""The corpus of tagged meetings: reads it, and writes it as JSON with keys for moim-eval.

    corpus.py CORPUS OUT     OUT/AUTHOR/NNN.json for CORPUS/AUTHOR/NNN.txt; then `moim-eval minutes OUT/AUTHOR`
"""
import collections
import dataclasses
import json
import pathlib
import re
import sys

TAGS = 'PSGTAORXLCQ'
PART = {'d': 'PS', 't': 'GTAO', 'q': 'QL'}  # tags whose turns a statement may cite


@dataclasses.dataclass
class Meeting:
    name: str
    head: dict
    turns: list  # (speaker, words)
    tags: list   # of each turn: [(tag, item)]
    key: list    # (kind, item, owner, due, words)
    points: list  # (turn, words)
    optional: list
    summary: str

    def items(self):
        found = collections.defaultdict(list)
        for turn, tags in enumerate(self.tags):
            for tag, item in tags:
                found[item].append((turn, tag))
        return found


def read_keyed(path):
    """A transcript in JSON with a key (docs/minutes.md): the parts of its turns are guessed from their order."""
    o = json.loads(path.read_text(encoding='utf-8'))
    turns = [(t.get('speaker', ''), t['text']) for t in o['turns']]
    head = {'title': o.get('title', ''), 'date': o.get('date', ''), 'lang': o['language']}
    m = Meeting(f'{path.parent.name}/{path.stem}', head, turns, [[] for _ in turns], [], [], [], '')
    for kind, name in (('d', 'decisions'), ('t', 'actions'), ('q', 'questions')):
        for one in o['key'].get(name, []):
            item, at = len(m.key) + 1, [t - 1 for t in one['turns']]
            owner = one.get('owner', '')
            m.key.append((kind, item, owner, one.get('due', ''), one['any']))
            for n, t in enumerate(at):
                m.tags[t].append((guess(kind, n, len(at), turns[t][0], owner), item))
    return m


def guess(kind, n, of, speaker, owner):
    if kind == 'd':
        return 'S' if n == of - 1 else 'P'
    if kind == 'q':
        return 'Q' if n == 0 else 'L'
    if n == 0:
        return 'T' if speaker == owner else 'G'
    return 'A' if speaker == owner and n == 1 else 'O'


def words_of(field):
    return [w.strip() for w in field.split(',') if w.strip()]


def read(path):
    m = Meeting(f'{path.parent.name}/{path.stem}', {}, [], [], [], [], [], '')
    for line in path.read_text(encoding='utf-8').split('\n'):
        if line.startswith('# '):
            name, _, value = line[2:].partition(':')
            m.head[name.strip()] = value.strip()
        elif line.startswith('!'):
            read_key(m, line[1:])
        elif line.strip():
            speaker, tags, words = line.split('\t')
            m.turns.append((speaker.strip(), words.strip()))
            m.tags.append([] if tags == '-' else [(t[0], int(t[1:])) for t in tags.split()])
    return m


def read_key(m, line):
    kind, _, rest = line.partition(' ')
    field = [f.strip() for f in rest.split('|')]
    if kind == 't':
        m.key.append((kind, int(field[0]), field[1], field[2], words_of(field[3])))
    elif kind in 'dq':
        m.key.append((kind, int(field[0]), '', '', words_of(field[1])))
    elif kind == 'point':
        m.points.append((int(field[0]), words_of(field[1])))
    elif kind == 'opt':
        m.optional.append(int(field[0]))
    elif kind == 'summary':
        m.summary = rest.strip()


def read_all(root):
    return [read(p) for p in sorted(pathlib.Path(root).glob('*/*.txt'))]


DAY = re.compile('오늘|금일|시까지|시 |저녁|밤|오전|오후|아침|점심|퇴근|today|tonight|this |by |noon|lunch|hour|end of')


def due_said(m, turns, due):
    """"지금 바로", "now" and "after this" are no day (docs/minutes.md): a day of the meeting's own must be said."""
    said = ' '.join(m.turns[t - 1][1] for t in turns)
    return '' if due == m.head['date'] and not DAY.search(said) else due


def as_json(m):
    key = {'decisions': [], 'actions': [], 'questions': []}
    items = m.items()
    for kind, item, owner, due, words in m.key:
        turns = sorted({t + 1 for t, tag in items[item] if tag in PART[kind]})
        one = {'turns': turns, 'any': words}
        if kind == 't':
            one |= {'owner': owner, 'due': due_said(m, turns, due)}
        key[{'d': 'decisions', 't': 'actions', 'q': 'questions'}[kind]].append(one)
    key['points'] = [{'any': words} for _, words in m.points]
    key['optional'] = [{'turns': [t + 1]} for t in m.optional]
    return {'title': m.head['title'], 'date': m.head['date'], 'language': m.head['lang'],
            'turns': [{'speaker': s, 'text': w} for s, w in m.turns], 'key': key}


def main():
    out = pathlib.Path(sys.argv[2])
    for m in read_all(sys.argv[1]):
        path = out / f'{m.name}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(as_json(m), ensure_ascii=False), encoding='utf-8')


if __name__ == '__main__':
    main()
