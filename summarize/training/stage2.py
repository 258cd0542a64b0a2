"""Second stage: residual convolutions over the turns of a meeting, for tags and links; one for all languages. With `states`
channels it also sees what the sentence encoder makes of each turn."""
import random

import numpy as np
import torch
from torch import nn

from data import DENSE, PAIR, REACH, ROLES, STATE

TAGS, LAYERS, KERNEL = 14, 3, 5
AUX = torch.tensor([0.5] * 11 + [1.0] * 3)


class Net(nn.Module):
    def __init__(self, hidden=48, link=24, drop=0.3, states=0):
        super().__init__()
        self.states = states
        if states:
            self.state = nn.Linear(STATE, states)
        self.inp = nn.Linear(2 * TAGS + DENSE + states, hidden)
        self.conv = nn.ModuleList(nn.Conv1d(hidden, hidden, KERNEL, padding=KERNEL // 2 * 2 ** n, dilation=2 ** n)
                                  for n in range(LAYERS))
        self.out = nn.Linear(2 * hidden, TAGS)
        self.q, self.k = nn.Linear(2 * hidden, link), nn.Linear(2 * hidden, link)
        self.p = nn.Linear(PAIR, link, bias=False)
        self.role = nn.Linear(link, len(ROLES))
        self.none = nn.Parameter(torch.zeros(len(ROLES)))
        self.skip = nn.Parameter(torch.full((TAGS,), 0.7))
        self.drop = nn.Dropout(drop)

    def forward(self, x, z, turns, pair, state):
        """Logits [batch, turns, 14], link scores [batch, turns, REACH, roles], of none [roles]."""
        most = x.shape[1]
        if self.states:
            x = torch.cat([x, torch.tanh(self.state(self.drop(state)))], 2)
        mask = (torch.arange(most)[None] < turns[:, None]).float()[:, :, None]
        e = torch.relu(self.inp(x)) * mask
        h = e
        for conv in self.conv:
            h = (h + torch.relu(conv(self.drop(h).transpose(1, 2)).transpose(1, 2))) * mask
        h = self.drop(torch.cat([h, e], 2))
        q, k = self.q(h), self.k(h)
        before = torch.stack([nn.functional.pad(k, (0, 0, d, 0))[:, :most] for d in range(1, REACH + 1)], 2)
        link = self.role(torch.tanh(q[:, :, None] + before + self.p(pair)))
        return self.out(h) + self.skip * z, link, self.none


def inputs(z, dense):
    return np.concatenate([z / 3, 1 / (1 + np.exp(-z)), dense], 1).astype('f4')


def collate(samples, z):
    most = max(s.turns for s in samples)

    def stack(arrays):
        out = np.zeros((len(arrays), most, *arrays[0].shape[1:]), 'f4')
        for i, a in enumerate(arrays):
            out[i, :len(a)] = a
        return torch.from_numpy(out)

    zs = [z[s.name] for s in samples]
    x = (stack([inputs(a, s.dense) for a, s in zip(zs, samples)]), stack(zs),
         torch.tensor([s.turns for s in samples]), stack([s.f.pair for s in samples]), stack([s.state for s in samples]))
    mask = torch.arange(most)[None] < x[2][:, None]
    return x, stack([s.y for s in samples]), stack([s.link for s in samples]), mask


def link_logp(link, none):
    """Log-probabilities [.., turns, REACH + 1, roles]; before the first turn there is none to link to."""
    scores = torch.cat([link, none.expand(*link.shape[:-2], 1, -1)], -2)
    t, d = torch.arange(link.shape[-3])[:, None], torch.arange(REACH)[None]
    early = torch.cat([t <= d, torch.zeros(len(t), 1, dtype=torch.bool)], 1)[:, :, None]
    return torch.log_softmax(scores.masked_fill(early, -1e9), -2)


def link_loss(link, none, want):
    has = want.sum(2) > 0
    right = torch.logsumexp(link_logp(link, none).masked_fill(want == 0, -1e9), 2)
    return -right[has].sum() / max(1, int(has.sum()))


def batches(samples, size):
    """Meetings of like length together."""
    order = random.sample(samples, len(samples))
    order = sum((sorted(order[i:i + 64], key=lambda s: s.turns) for i in range(0, len(order), 64)), [])
    return [order[i:i + size] for i in range(0, len(order), size)]


def step(net, batch, z, best, plan, noise=0.3, link_weight=0.4):
    (x, zs, turns, pair, state), y, want, mask = collate(batch, z)
    shake = torch.randn(zs.shape) * noise
    x[:, :, :TAGS] += shake / 3
    logit, link, none = net(x, zs + shake, turns, pair, state)
    each = nn.functional.binary_cross_entropy_with_logits(logit, y, reduction='none') * AUX
    loss = each[mask].sum(1).mean() + link_weight * link_loss(link, none, want)
    best.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    best.step()
    plan.step()


def spread_of(samples):
    """Mean and spread of the states, each [STATE]."""
    states = np.concatenate([s.f.state for s in samples])
    return states.mean(0).astype('f4'), (states.std(0) + 1e-3).astype('f4')


def scale_states(samples, mean, spread):
    for s in samples:
        s.state = (s.f.state - mean) / spread


def fit(samples, z, seed, states=0, epochs=11, size=8, rate=4e-3, decay=0.02):
    random.seed(seed)
    torch.manual_seed(seed)
    net = Net(states=states)
    best = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    plan = torch.optim.lr_scheduler.OneCycleLR(best, rate, total_steps=epochs * ((len(samples) + size - 1) // size),
                                               pct_start=0.2)
    for _ in range(epochs):
        net.train()
        for batch in batches(samples, size):
            step(net, batch, z, best, plan)
    round_weights(net)
    return net.eval()


def round_weights(net):
    """To what 8 bits with a scale a row can hold, as the file keeps them."""
    with torch.no_grad():
        for w in net.parameters():
            if w.dim() > 1:
                scale = w.abs().amax(tuple(range(1, w.dim())), keepdim=True) / 127 + 1e-12
                w.copy_((w / scale).round() * scale)


def predict(nets, samples, z):
    """Of each meeting: probabilities [turns, 14] and link log-probabilities [turns, REACH + 1, 7]."""
    found = {}
    with torch.no_grad():
        for s in samples:
            x, *_ = collate([s], z)
            results = [net(*x) for net in nets]
            p = torch.sigmoid(torch.stack([r[0][0] for r in results]).mean(0))
            link = torch.stack([link_logp(r[1][0], r[2]) for r in results]).mean(0)
            found[s.name] = (p.numpy(), link.numpy())
    return found
