"""What `moim-eval features` writes, joined with the tags of the corpus."""
import dataclasses
import pathlib
import struct

import numpy as np

DENSE, PAIR, REACH = 48, 8, 14


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
        found.append(Features(name, speaker, np.array(turn), gram, np.stack(dense), np.array(date),
                              np.array(addressee), pair))
    return found
