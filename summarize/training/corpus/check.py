#!/usr/bin/env python3
"""Checks meeting files: format, tags against key, dates, near-duplicates by 8-gram overlap of letters."""
import collections, datetime, pathlib, re, sys

def load(path):
    head, turns, key, bad = {}, [], [], []
    for no, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
        if not line.strip(): continue
        if line.startswith('# '):
            k, _, v = line[2:].partition(':'); head[k.strip()] = v.strip()
        elif line.startswith('!'): key.append((no, line[1:]))
        else:
            f = line.split('\t')
            if len(f) != 3 or not f[0].strip() or not f[2].strip(): bad.append(f'{no}: not speaker TAB tags TAB words'); continue
            tags = [] if f[1] == '-' else f[1].split()
            for t in tags:
                if not re.fullmatch(r'[PSGTAORXLCQ][0-9]+', t): bad.append(f'{no}: tag {t!r}')
            turns.append((f[0], tags, f[2]))
    return head, turns, key, bad

def main():
    root = pathlib.Path(sys.argv[1]); grams = collections.defaultdict(set); files = sorted(root.glob('*.txt')); count = collections.Counter()
    own = {}
    for p in files:
        head, turns, key, bad = load(p)
        for k in ('title', 'date', 'lang', 'kind', 'style'):
            if k not in head: bad.append(f'no # {k}')
        try: datetime.date.fromisoformat(head.get('date', ''))
        except ValueError: bad.append('date')
        if not 15 <= len(turns) <= 170: bad.append(f'{len(turns)} turns')
        items = collections.defaultdict(set)
        for _, tags, _ in turns:
            for t in tags: items[int(t[1:]) if t[1:].isdigit() else 0].add(t[0])
        for no, k in key:
            try:
                if k[:2] in ('d ', 't ', 'q '):
                    f = [x.strip() for x in k[2:].split('|')]; n = int(f[0]); need = {'d': 'S', 't': 'GT', 'q': 'Q'}[k[0]]
                    if not items[n] & set(need): bad.append(f'{no}: item {n} has no tag of {need}')
                    if k[0] == 't':
                        if len(f) != 4: bad.append(f'{no}: task wants owner | due | words'); continue
                        if f[2]:
                            d = datetime.date.fromisoformat(f[2])
                            if not -1 <= (d - datetime.date.fromisoformat(head['date'])).days < 400: bad.append(f'{no}: due {d} is far from the meeting')
                        who = {s for s, _, _ in turns}
                        if f[1] and f[1] not in who: count['absent owner'] += 1
                    elif len(f) != 2: bad.append(f'{no}: wants n | words')
                    if not f[-1]: bad.append(f'{no}: no words')
                    count[k[0]] += 1
                elif k.startswith('point '):
                    if int(k[6:].split('|')[0]) >= len(turns): bad.append(f'{no}: no such turn')
                    count['point'] += 1
                elif k.startswith('opt '):
                    if int(k[4:]) >= len(turns): bad.append(f'{no}: no such turn')
                elif not k.startswith('summary '): bad.append(f'{no}: key line {k!r}')
            except ValueError as e: bad.append(f'{no}: {e}')
        text = re.sub(r'\W+', '', ' '.join(t[2] for t in turns)).lower()
        own[p.name] = {text[i:i + 12] for i in range(len(text) - 11)}
        for b in bad: print(f'{p.name}: {b}')
        count['files'] += 1; count['turns'] += len(turns)
    worst = sorted(((len(a & b) / max(1, min(len(a), len(b))), x, y) for i, (x, a) in enumerate(own.items()) for y, b in list(own.items())[i + 1:]), reverse=True)[:3]
    print(dict(count), 'nearest pairs:', [(round(r, 3), x, y) for r, x, y in worst])

main()
