"""First stage: a linear model over the n-grams of a turn and the two turns on either side, one for a language."""
import collections

import numpy as np
import scipy.sparse
import torch

TAGS, WINDOW = 14, 2
COLUMNS = TAGS * (2 * WINDOW + 1)


def vocabulary_of(samples, least=3, most=11500):
    """The n-grams said in most sentences."""
    count = collections.Counter()
    for s in samples:
        for g in s.f.gram:
            count.update(g.tolist())
    ranked = sorted(((c, g) for g, c in count.items() if c >= least), key=lambda x: (-x[0], x[1]))
    return np.array(sorted(g for _, g in ranked[:most]), np.int64)


class Rows:
    """Turns of many meetings as one sparse matrix; a turn's n-grams count once, by 3 / sqrt(n + 4)."""

    def __init__(self, samples, vocabulary):
        where = {int(g): i for i, g in enumerate(vocabulary)}
        start, index, value, meeting = [0], [], [], []
        for number, s in enumerate(samples):
            turns = [set() for _ in range(s.turns)]
            for t, grams in zip(s.f.turn, s.f.gram):
                turns[t].update(where[g] for g in grams.tolist() if g in where)
            for known in turns:
                index.extend(sorted(known))
                value.append(np.full(len(known), 3 / np.sqrt(len(known) + 4), 'f4'))
                start.append(start[-1] + len(known))
            meeting.append(np.full(s.turns, number))
        self.x = scipy.sparse.csr_matrix((np.concatenate(value), np.array(index), np.array(start)),
                                         shape=(len(start) - 1, len(vocabulary)))
        self.dense = np.concatenate([s.dense for s in samples])
        self.y = np.concatenate([s.y for s in samples])
        self.meeting = np.concatenate(meeting)

    def of(self, wanted):
        """The turns of the meetings with these numbers."""
        rows = np.isin(self.meeting, wanted)
        part = Rows.__new__(Rows)
        part.x, part.dense, part.y, part.meeting = self.x[rows], self.dense[rows], self.y[rows], self.meeting[rows]
        return part


class Multiply(torch.autograd.Function):
    """A sparse matrix of scipy times dense weights: some times as quick as torch's own."""

    @staticmethod
    def forward(ctx, weights, x, transposed):
        ctx.transposed = transposed
        return torch.from_numpy(x @ weights.detach().numpy())

    @staticmethod
    def backward(ctx, gradient):
        return torch.from_numpy(ctx.transposed @ gradient.contiguous().numpy()), None, None


def gather(sums, meeting):
    """sums [turns, 5, 14]: what a turn says of the turn 2 before ... 2 after; only inside one meeting."""
    out = sums[:, WINDOW].clone()
    for o in range(1, WINDOW + 1):
        same = (meeting[o:] == meeting[:-o]).float()[:, None]
        out = out + torch.nn.functional.pad(sums[:-o, WINDOW - o] * same, (0, 0, o, 0))
        out = out + torch.nn.functional.pad(sums[o:, WINDOW + o] * same, (0, 0, 0, o))
    return out


def rounded(w):
    """As the file keeps it: 8 bits with a scale a row."""
    scale = w.abs().amax(1, keepdim=True) / 127 + 1e-12
    return (w / scale).round() * scale


def fit(rows, l2=1.5e-4, dense_l2=1e-4, steps=70, rate=0.06, start=None):
    """start: weights, of numbers and bias to go on from."""
    torch.manual_seed(0)
    weights = torch.zeros(rows.x.shape[1], COLUMNS, requires_grad=True)
    dense_weights = torch.zeros(rows.dense.shape[1], COLUMNS, requires_grad=True)
    bias = torch.full((TAGS,), -3.5, requires_grad=True)
    if start:
        weights, dense_weights, bias = (torch.tensor(np.asarray(a, 'f4'), requires_grad=True) for a in start)
    x, transposed = rows.x, rows.x.T.tocsr()
    dense, meeting, y = (torch.from_numpy(a) for a in (rows.dense, rows.meeting, rows.y))
    best = torch.optim.Adam([weights, dense_weights, bias], lr=rate, betas=(0.9, 0.99))
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(best, steps)
    for _ in range(steps):
        sums = Multiply.apply(weights, x, transposed) + dense @ dense_weights
        z = gather(sums.view(-1, 2 * WINDOW + 1, TAGS), meeting) + bias
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction='none').sum(1).mean()
        loss = loss + l2 * (weights ** 2).sum() + dense_l2 * (dense_weights ** 2).sum()
        best.zero_grad()
        loss.backward()
        best.step()
        plan.step()
    return rounded(weights.detach()).numpy(), dense_weights.detach().numpy(), bias.detach().numpy()


def run(model, rows):
    weights, dense, bias = (torch.from_numpy(a) for a in model)
    with torch.no_grad():
        sums = torch.from_numpy(rows.x @ weights.numpy()) + torch.from_numpy(rows.dense) @ dense
        z = gather(sums.view(-1, 2 * WINDOW + 1, TAGS), torch.from_numpy(rows.meeting)) + bias
    return z.clamp(-8, 4).numpy()
