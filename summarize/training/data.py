"""What `moim-eval features` writes, joined with the tags of the corpus."""
import dataclasses
import pathlib
import struct

import numpy as np

DENSE, PAIR, REACH, STATE = 48, 8, 14, 384


@dataclasses.dataclass
class Features:
    name: str
    speaker: np.ndarray  # [turns] 0 unknown
    turn: np.ndarray     # [units]
    gram: list           # [units] arrays of hashes
    dense: np.ndarray    # [units, DENSE]
    date: np.ndarray     # [units] yyyymmdd or 0
    addressee: np.ndarray  # [units] person + 1
    pair: np.ndarray     # [turns, REACH, PAIR]: turn i with turn i - 1 - d
    state: np.ndarray    # [turns, STATE] of the sentence encoder


def read(path):
    raw, at, found = pathlib.Path(path).read_bytes(), 0, []

    def u32(n=1):
        nonlocal at
        at += 4 * n
        return np.frombuffer(raw, '<u4', n, at - 4 * n)

    while at < len(raw):
        assert raw[at:at + 4] == b'TAGF'
        n, = struct.unpack_from('<I', raw, at + 4)
        name = raw[at + 8:at + 8 + n].decode()
        at += 8 + n
        turns, units = (int(x) for x in u32(2))
        speaker = u32(turns).astype(np.int64)
        turn, gram, dense, date, addressee = [], [], [], [], []
        for _ in range(units):
            t, k = (int(x) for x in u32(2))
            turn.append(t)
            gram.append(u32(k).astype(np.int64))
            dense.append(u32(DENSE).view('<f4'))
            d, a = (int(x) for x in u32(2))
            date.append(d)
            addressee.append(a)
        pair = u32(turns * REACH * PAIR).view('<f4').reshape(turns, REACH, PAIR)
        state = u32(turns * STATE).view('<f4').reshape(turns, STATE)
        found.append(Features(name, speaker, np.array(turn), gram, np.stack(dense), np.array(date),
                              np.array(addressee), pair, state))
    return found


def token_states(path):
    """Arrays [tokens, STATE], one a record of what `moim-eval states` wrote."""
    raw, at, out = pathlib.Path(path).read_bytes(), 0, []
    while at < len(raw):
        n = struct.unpack_from('<I', raw, at)[0]
        out.append(np.frombuffer(raw, '<f2', n * STATE, at + 4).reshape(n, STATE))
        at += 4 + n * STATE * 2
    return out


def codes(path):
    """What readers said, a line each: (author/meeting, text) -> code."""
    lines = (line.split('\t') for line in pathlib.Path(path).read_text(encoding='utf-8').splitlines())
    return {(meeting, text): code for meeting, code, text in lines}


def put_texts(texts):
    """As a list of questions, which is what `moim-eval states --questions` takes."""
    for text in sorted(set(texts)):
        print('-/-', text, '', '', sep='\t')


def own_states(path):
    """Text of PATH.tsv -> mean state of its tokens with the prefix, without begin and end marks, as moim_embed_words() has it; from PATH.bin."""
    texts = (line.split('\t')[1] for line in pathlib.Path(f'{path}.tsv').read_text(encoding='utf-8').splitlines())
    return {text: state.astype(float)[1:-1].mean(0) for text, state in zip(texts, token_states(f'{path}.bin'))}


TAGS = 'PSGTAORXLCQ'
TARGETS = 3  # settled here, task begins here, open question here: those that stand at the end
ROLES = 'SAOXLCG'  # links: settles -> proposal, accepts -> request, day -> task, refuses, puts off, condition, again
ROLE_OF = {'S': 0, 'A': 1, 'O': 2, 'R': 3, 'X': 3, 'L': 4, 'C': 5, 'G': 6, 'T': 6}
GOAL_OF = ['P', 'G', 'GTA', 'PGTS', 'QPGT', 'PGTS', 'GT']


class Sample:
    """A meeting with what is to be learnt of it: y [turns, 14] and link [turns, REACH + 1 (none), 7]."""

    def __init__(self, meeting, features, variant=''):
        self.name, self.author = meeting.name + variant, meeting.name.split('/')[0]
        self.language, self.clean = meeting.head['lang'], not variant
        self.f, self.turns = features, len(meeting.turns)
        self.dense = np.zeros((self.turns, DENSE), 'f4')
        np.maximum.at(self.dense, features.turn, features.dense)
        self.y = np.zeros((self.turns, len(TAGS) + TARGETS), 'f4')
        self.link = np.zeros((self.turns, REACH + 1, len(ROLES)), 'f4')
        self.label(meeting)

    def label(self, m):
        items, stands = m.items(), {(k, i) for k, i, *_ in m.key}
        for t, tags in enumerate(m.tags):
            for tag, item in tags:
                self.y[t, TAGS.index(tag)] = 1
                if tag == 'S' and ('d', item) in stands:
                    self.y[t, len(TAGS)] = 1
                if tag in 'GT' and ('t', item) in stands and t == min(u for u, x in items[item] if x in 'GT'):
                    self.y[t, len(TAGS) + 1] = 1
                if tag == 'Q' and ('q', item) in stands and t == min(u for u, x in items[item] if x == 'Q'):
                    self.y[t, len(TAGS) + 2] = 1
                self.label_link(items[item], t, tag)

    def label_link(self, turns, t, tag):
        role = ROLE_OF.get(tag)
        if role is None:
            return
        goals = [t - u - 1 for u, x in turns if x in GOAL_OF[role] and 1 <= t - u <= REACH]
        for g in goals or [REACH]:
            self.link[t, g, role] = 1


def load(features, meetings):
    """features: folder of AUTHOR.bin and AUTHOR-VARIANT.bin; meetings by name."""
    found = []
    for path in sorted(pathlib.Path(features).glob('*.bin')):
        for f in read(path):
            author, _, variant = path.stem.partition('-')
            m = meetings.get(f'{author}/{f.name[:-5]}')
            if m and len(m.turns) == len(f.speaker):
                found.append(Sample(m, f, variant and f'~{variant}'))
    return found
