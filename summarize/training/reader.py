#!/usr/bin/env python3
"""Trains the reader of answers (summarize/answer_reader.c, docs/models/reader.md). Needs torch and numpy.

    moim-eval states JSON/AUTHOR STATES/AUTHOR.bin                 # for every author of the corpus (corpus.py makes JSON)
    moim-eval states --questions questions/NAME.tsv STATES/q-NAME.bin
    reader.py train e5-small-q4.bin JSON STATES OUT.pt questions/*.tsv    # 15 minutes of one core an epoch, three epochs
    reader.py export OUT.pt summarize/models/reader.bin
    reader.py golden e5-small-q4.bin summarize/models/reader.bin JSON STATES LIST.tsv   # scores of every turn, for test_answer_reader
"""
import json
import pathlib
import random
import struct
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import data

DIM, WIDE, HEADS, FIRST, LAYERS, RANK, PLACE, KIND = 384, 1536, 12, 8, 4, 32, 96, 32
TOKENS, GROUP = 80, 200  # of a turn; that see each other
EPOCHS, RATE = 3, 5e-4


def meetings(folder, directory):
    """(author, file) -> states of its turns."""
    out = {}
    for author in sorted(p.name for p in pathlib.Path(folder).iterdir()):
        path = pathlib.Path(directory) / f"{author}.bin"
        if not path.exists():
            continue
        record = iter(data.token_states(path))
        for f in sorted(pathlib.Path(folder, author).glob("*.json")):
            out[author, f.stem] = [next(record) for _ in json.loads(f.read_text())["turns"]]
    return out


def questions(lists, directory, turns):
    out = []
    for name in lists:
        path = pathlib.Path(name)
        for line, state in zip(path.read_text().splitlines(), data.token_states(pathlib.Path(directory) / f"q-{path.stem}.bin")):
            where, text, must, gold = line.split("\t")
            key = tuple(where.split("/"))
            gold = [int(g) for g in gold.split(",") if g.strip().isdigit() and int(g) < len(turns.get(key, ()))]
            if key in turns and bool(must) == bool(gold):
                out.append(dict(key=key, text=text, state=state, gold=gold))
    return out


def encoder(path):
    """The layers from FIRST on of an E5S1 file (docs/models/e5.md): matrices and vectors by name."""
    raw = pathlib.Path(path).read_bytes()
    at = 8 + 7 * 4 + 4 + 4
    pieces = struct.unpack_from("<i", raw, at)[0]
    blob = struct.unpack_from("<Q", raw, at + 20)[0]
    at += 28 + 4 * (pieces + 1) + 4 * pieces + blob
    at += 8 + struct.unpack_from("<II", raw, at)[1]
    n, at, out = struct.unpack_from("<i", raw, at)[0], at + 4, {}
    for _ in range(n):
        k = struct.unpack_from("<H", raw, at)[0]
        name = raw[at + 2:at + 2 + k].decode()
        kind, values, offset, size = struct.unpack_from("<BIQQ", raw, at + 2 + k)
        at += 2 + k + 21
        if kind:
            block = np.frombuffer(raw, np.uint8, size, offset).reshape(-1, 18)
            scale = block[:, :2].copy().view("<f2").astype("f4")
            nibble = np.concatenate([block[:, 2:] & 15, block[:, 2:] >> 4], 1).astype("f4") - 8
            out[name] = (scale * nibble).ravel()
        elif name != "emb.pos":
            out[name] = np.frombuffer(raw, "<f4", values, offset).copy()
    return out


class Layer(nn.Module):
    """A layer of the encoder whose matrices get a change of low rank."""

    def __init__(self, e, l):
        super().__init__()
        names, shapes = ("q", "k", "v", "ao", "fi", "fo"), [(DIM, DIM)] * 4 + [(WIDE, DIM), (DIM, WIDE)]
        self.w = [torch.tensor(e[f"l{l}.{x}.w"].reshape(s)) for x, s in zip(names, shapes)]
        self.b = [torch.tensor(e[f"l{l}.{x}.b"]) for x in names]
        self.norm = [torch.tensor(e[f"l{l}.{x}"]) for x in ("aln.w", "aln.b", "oln.w", "oln.b")]
        self.A = nn.ParameterList([nn.Parameter(torch.randn(RANK, b) / b**0.5) for _, b in shapes])
        self.B = nn.ParameterList([nn.Parameter(torch.zeros(a, RANK)) for a, _ in shapes])

    def lin(self, i, x):
        return F.linear(x, self.w[i], self.b[i]) + F.linear(F.linear(x, self.A[i]), self.B[i])

    def forward(self, x, mask):
        n, t, _ = x.shape
        heads = [self.lin(i, x).view(n, t, HEADS, DIM // HEADS).transpose(1, 2) for i in range(3)]
        a = F.scaled_dot_product_attention(*heads, attn_mask=mask).transpose(1, 2).reshape(n, t, DIM)
        x = F.layer_norm(x + self.lin(3, a), (DIM,), self.norm[0], self.norm[1], 1e-12)
        return F.layer_norm(x + self.lin(5, F.gelu(self.lin(4, x))), (DIM,), self.norm[2], self.norm[3], 1e-12)


class Reader(nn.Module):
    def __init__(self, e):
        super().__init__()
        self.layers = nn.ModuleList([Layer(e, FIRST + l) for l in range(LAYERS)])
        self.mark = nn.Parameter(torch.zeros(2, DIM))
        self.P, self.Q = nn.Linear(DIM, PLACE, bias=False), nn.Linear(DIM, PLACE, bias=False)
        nn.init.orthogonal_(self.P.weight)
        self.Q.weight.data.copy_(self.P.weight.data)
        self.w, self.cq, self.ct = nn.Linear(DIM, 1), nn.Linear(DIM, KIND), nn.Linear(DIM, KIND)
        self.pen = nn.Parameter(torch.tensor([0.3, 0.2, 0.1, 0.0, 0.1, 0.2]))
        self.h1, self.h2, self.lin = nn.Linear(12, 24), nn.Linear(24, 1), nn.Linear(12, 1)
        self.drop = nn.Dropout(0.1)
        for x in (self.w, self.ct, self.h2, self.lin):
            nn.init.zeros_(x.weight)
        self.lin.weight.data[0, [0, 5, 6]] = torch.tensor([8.0, 8.0, 4.0])
        self.lin.bias.data[0] = -8
        self.register_buffer("mu", torch.zeros(DIM))

    def encode(self, sequences, which):
        most = max(len(x) for x in sequences)
        x, mask = torch.zeros(len(sequences), most, DIM), torch.zeros(len(sequences), 1, 1, most, dtype=torch.bool)
        for j, y in enumerate(sequences):
            x[j, :len(y)], mask[j, :, :, :len(y)] = torch.tensor(y.astype("f4")), True
        x = x + self.mark[which]
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def read(self, turns, rng=None):
        """Tokens of all turns and the turn of each; turns see each other in groups."""
        room, groups, size = rng.randint(GROUP * 2 // 3, GROUP) if rng else GROUP, [], 0
        for t, x in enumerate(turns):
            k = min(len(x), TOKENS)
            if not groups or size + k > room:
                groups.append([])
                size = 0
            groups[-1].append(t)
            size += k
        x = self.encode([np.concatenate([turns[t][:TOKENS] for t in g]) for g in groups], 1)
        token, turn = [], []
        for j, g in enumerate(groups):
            at = 0
            for t in g:
                k = min(len(turns[t]), TOKENS)
                token.append(x[j, at:at + k])
                turn += [t] * k
                at += k
        return torch.cat(token), torch.tensor(turn)

    def ask(self, asked):
        return self.encode([x for x in asked], 0), [len(x) for x in asked]

    def score(self, qx, nq, token, turn, n):
        """[questions, n]: log-odds of every turn against nothing answering."""
        mean = torch.zeros(n, DIM).index_add(0, turn, token) / torch.bincount(turn, minlength=n)[:, None].clamp(min=1)
        place = F.normalize(self.P(token), dim=1)
        pad = F.pad(mean, (0, 0, 2, 2))
        around = (pad[:n] + pad[1:n + 1] + 2 * pad[2:n + 2] + pad[3:n + 3]) / 5
        told = self.ct(self.drop(mean))
        tn, an = F.normalize(mean - self.mu, dim=1), F.normalize(around - self.mu, dim=1)
        out = []
        for b in range(len(nq)):
            q = qx[b, :nq[b]]
            qm, qv, w = q.mean(0), F.normalize(self.Q(q), dim=1), torch.softmax(self.w(q)[:, 0], 0)
            per = torch.full((nq[b], n), -1.0).scatter_reduce(1, turn[None].expand(nq[b], -1), qv @ place.T, "amax")
            padded = F.pad(per, (3, 2), value=-1.0)
            near = torch.stack([padded[:, d:d + n] - self.pen[d] for d in range(6)]).amax(0)
            own, all_ = (w[:, None] * per).sum(0), (w[:, None] * near).sum(0)
            least = -torch.logsumexp(-8 * near + torch.log(w[:, None] + 1e-6), 0) / 8
            beside, qn = F.pad(own, (1, 1)), F.normalize(qm - self.mu, dim=0)
            kind, ct, ca = (told @ self.cq(qm)) / 6, tn @ qn, an @ qn
            f = torch.stack([all_, least, own, beside[:-2], beside[2:], ct, ca, kind, all_ * ca, all_ - all_.max(),
                             ca - ca.max(), all_.max().expand(n)], 1)
            out.append(self.lin(f)[:, 0] + kind + self.h2(torch.relu(self.h1(f)))[:, 0])
        return torch.stack(out)


def labels(gold, n):
    y = torch.zeros(n)
    for g in gold:
        for t in (g - 1, g + 1):
            if 0 <= t < n:
                y[t] = max(y[t], 0.15)
    for i, g in enumerate(gold):
        y[g] = 0.5 if i else 1.0
    return y


def loss_of(model, turns, pair, by, rng):
    """Two meetings at once: each question's turns against all others of both and against nothing."""
    read = [model.read(turns[k], rng) for k in pair]
    asked = [(j, q) for j, k in enumerate(pair) for q in by[k]]
    qx, nq = model.ask([q["state"] for _, q in asked])
    z = torch.cat([model.score(qx, nq, *read[j], len(turns[k])) for j, k in enumerate(pair)], 1)
    p = torch.log_softmax(torch.cat([z, torch.zeros(len(asked), 1)], 1), 1)
    base, loss = [0, len(turns[pair[0]])], 0
    for row, (j, q) in zip(p, asked):
        if not q["gold"]:
            loss = loss - row[-1]
            continue
        y = torch.zeros(len(row) - 1)
        n = len(turns[pair[j]])
        y[base[j]:base[j] + n] = labels(q["gold"], n)
        loss = loss - torch.logsumexp(row[:-1] + torch.log(y + 1e-9), 0)
    return loss / len(asked)


def train(e, json_folder, state_folder, out, *lists):
    torch.manual_seed(1)
    turns = meetings(json_folder, state_folder)
    by = {}
    for q in questions(lists, state_folder, turns):
        by.setdefault(q["key"], []).append(q)
    keys = sorted(by)
    random.Random(9).shuffle(keys)
    model = Reader(encoder(e))
    with torch.no_grad():
        model.mu.copy_(torch.stack([model.read(turns[k])[0].mean(0) for k in random.Random(2).sample(keys, 8)]).mean(0))
    head = [p for n, p in model.named_parameters() if n.startswith(("h1", "h2", "lin", "pen"))]
    rest = [p for n, p in model.named_parameters() if not n.startswith(("h1", "h2", "lin", "pen"))]
    opt = torch.optim.AdamW([dict(params=rest, lr=RATE), dict(params=head, lr=4 * RATE)], weight_decay=0.01, betas=(0.9, 0.98))
    total = EPOCHS * len(keys) // 2
    plan = torch.optim.lr_scheduler.LambdaLR(opt, lambda i: min(1, (i + 1) / 30) * max(0.03, 1 - i / total))
    for epoch in range(EPOCHS):
        rng, sum_ = random.Random(epoch), 0.0
        rng.shuffle(keys)
        for at in range(0, len(keys) - 1, 2):
            loss = loss_of(model, turns, keys[at:at + 2], by, rng)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
            plan.step()
            sum_ += float(loss.detach())
        print(f"epoch {epoch}: loss {2 * sum_ / len(keys):.3f}", flush=True)
        torch.save(model.state_dict(), out)


def order():
    for l in range(LAYERS):
        for i in range(6):
            yield f"layers.{l}.A.{i}"
            yield f"layers.{l}.B.{i}"
    yield from ("mark", "P.weight", "Q.weight", "w.weight", "w.bias", "cq.weight", "cq.bias", "ct.weight", "ct.bias", "pen",
                "h1.weight", "h1.bias", "h2.weight", "h2.bias", "lin.weight", "lin.bias", "mu")


def export(path, out):
    m = torch.load(path, map_location="cpu")
    flat = np.concatenate([m[k].numpy().astype("f4").ravel() for k in order()]).astype("<f2")
    pathlib.Path(out).write_bytes(b"MRDR" + struct.pack("<4I", 1, FIRST, LAYERS, RANK) + flat.tobytes())


def golden(e, weights, json_folder, state_folder, *lists):
    model = Reader(encoder(e)).eval()
    flat, at, named = np.frombuffer(pathlib.Path(weights).read_bytes(), "<f2", offset=20).astype("f4"), 0, model.state_dict()
    for k in order():
        n = named[k].numel()
        named[k] = torch.tensor(flat[at:at + n]).view(named[k].shape)
        at += n
    model.load_state_dict(named)
    turns = meetings(json_folder, state_folder)
    with torch.no_grad():
        for q in questions(lists, state_folder, turns):
            qx, nq = model.ask([q["state"]])
            s = model.score(qx, nq, *model.read(turns[q["key"]]), len(turns[q["key"]]))[0]
            print(q["key"][1], q["text"], " ".join(f"{x:.3f}" for x in s), sep="\t")


if __name__ == "__main__":
    dict(train=train, export=export, golden=golden)[sys.argv[1]](*sys.argv[2:])
