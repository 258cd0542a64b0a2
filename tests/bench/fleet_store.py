#!/usr/bin/env python3
"""Fills a box's store with synthetic meetings for tests/bench/fleet.sh: one an hour, 720 lines of 10 words with word times,
300 passages with vectors.
   fleet_store.py moim.db HOURS [FIRST]

Words follow Zipf's law over 20,000 stems of two or three syllables with an ending. Vectors: each meeting speaks of four of
400 subjects; a passage is its subject and noise (cosine about 0.7), as docs/schema.md packs it."""
import array, json, math, random, sqlite3, struct, sys

path, hours = sys.argv[1], int(sys.argv[2])
first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
words_of = random.Random(1)
syllables = [chr(0xAC00 + words_of.randrange(11172)) for _ in range(900)]
stems = ["".join(words_of.choices(syllables, k=words_of.choice((2, 2, 3)))) for _ in range(20000)]
endings = "을 를 이 가 은 는 에서 으로 까지 합니다 했습니다 하겠습니다 입니다 인데요".split()
weights = list(1 / (k + 3) for k in range(len(stems)))
total, cumulative = 0.0, []
for w in weights:
    total += w
    cumulative.append(total)
noise = [array.array("f", (words_of.gauss(0, 1) for _ in range(384))) for _ in range(3000)]
subjects = [array.array("f", (words_of.gauss(0, 1) for _ in range(384))) for _ in range(400)]


def vector(subject, rng):
    a, b, c = subjects[subject], noise[rng.randrange(3000)], noise[rng.randrange(3000)]
    x = [p + 0.7 * q + 0.7 * r for p, q, r in zip(a, b, c)]
    top = max(map(abs, x))
    scale = top / 127
    packed = bytes(int(round(v / scale)) & 255 for v in x)
    return struct.pack("<f", scale / math.sqrt(sum(v * v for v in x))) + packed


db = sqlite3.connect(path)
triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'segments'").fetchall()
for name, _ in triggers:
    db.execute(f"DROP TRIGGER {name}")
for h in range(first, first + hours):
    rng = random.Random(h)
    m = db.execute("INSERT INTO meetings(title, started_at, duration, language, state) VALUES(?, ?, 3600, 'ko', 4)", (f"회의 {h}", 1700000000 + h * 3600)).lastrowid
    rows = []
    for i in range(720):
        w = [s + rng.choice(endings) for s in rng.choices(stems, cum_weights=cumulative, k=10)]
        if i == 3:
            w[2] = f"희귀{syllables[h % 900]}{syllables[h // 900 % 900]}를"
        times = [[i * 5 + k / 2, i * 5 + k / 2 + 0.5, 0.9, x] for k, x in enumerate(w)]
        rows.append((m, i * 5, i * 5 + 5, i % 4, " ".join(w), json.dumps(times, ensure_ascii=False, separators=(",", ":"))))
    db.executemany("INSERT INTO segments(meeting, start, end, speaker, text, words, language, confidence) VALUES(?, ?, ?, ?, ?, ?, 'ko', 0.9)", rows)
    about = rng.sample(range(400), 4)
    db.executemany("INSERT INTO passages(meeting, start, last, end, vector) VALUES(?, ?, ?, ?, ?)",
                   ((m, i * 12, i * 12 + 10, i * 12 + 12, vector(about[i // 75], rng)) for i in range(300)))
for _, sql in triggers:
    db.execute(sql)
db.commit()
