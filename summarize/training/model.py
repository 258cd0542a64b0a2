"""The network of the meeting tagger; docs/models/tagger.md describes it, summarize/tagger.c computes the same."""
import torch
from torch import nn

TAGS = 'PSGTAORXLCQ'
TARGETS = 3  # settled here, task begins here, open question here
ROLES = 'SAOXLCT'  # links: settles -> proposal, accepts -> request, day -> task, refuses, puts off, condition, task said again
REACH, DENSE, PAIR = 14, 48, 8


class Tagger(nn.Module):
    def __init__(self, grams, bag=64, unit=96, hidden=64, link=32, drop=0.4, gram_drop=0.3):
        super().__init__()
        self.gram_drop = gram_drop
        self.bag = nn.EmbeddingBag(grams + 1, bag, mode='sum', padding_idx=grams)
        nn.init.normal_(self.bag.weight, std=0.02)
        self.unit = nn.Linear(bag + DENSE, unit)
        self.gru = nn.GRU(unit, hidden, num_layers=2, bidirectional=True, batch_first=True, dropout=drop)
        self.out = nn.Linear(2 * hidden + unit, len(TAGS) + TARGETS)
        self.query = nn.Linear(2 * hidden + unit, link)
        self.key = nn.Linear(2 * hidden + unit, link)
        self.pair = nn.Linear(PAIR, link, bias=False)
        self.role = nn.Linear(link, len(ROLES))
        self.none = nn.Parameter(torch.zeros(len(ROLES)))
        self.alone = nn.Linear(unit, len(TAGS) + TARGETS)
        self.drop = nn.Dropout(drop)

    def forward(self, ids, offsets, weights, dense, unit_at, turns, pair):
        """ids, offsets, weights: bags of units; unit_at [units]: row of its turn in batch * turns; pair
        [batch, turns, REACH, PAIR]. Returns logits [batch, turns, 14], links [batch, turns, REACH, roles],
        none [roles], and logits of single units [units, 14]."""
        if self.training:
            weights = weights * (torch.rand_like(weights) > self.gram_drop) / (1 - self.gram_drop)
        e = self.bag(ids, offsets, per_sample_weights=weights)
        u = torch.relu(self.unit(torch.cat([self.drop(e), dense], 1)))
        batch, most = pair.shape[:2]
        x = torch.zeros(batch * most, u.shape[1])
        x = x.scatter_reduce(0, unit_at[:, None].expand_as(u), u, 'amax', include_self=True)
        x = x.view(batch, most, -1)
        packed = nn.utils.rnn.pack_padded_sequence(self.drop(x), turns, batch_first=True, enforce_sorted=False)
        h, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=most)
        h = self.drop(torch.cat([h, x], 2))
        q, k = self.query(h), self.key(h)
        shifted = torch.stack([nn.functional.pad(k, (0, 0, d, 0))[:, :most] for d in range(1, REACH + 1)], 2)
        link = self.role(torch.tanh(q[:, :, None] + shifted + self.pair(pair)))
        return self.out(h), link, self.none, self.alone(u)
