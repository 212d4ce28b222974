# clipping_dominates miswired not_learning plateau
# scaler.unscale_ is missing before clip_grad_norm_, so gradients scaled by 2**10 (scaled norm 225-332, true norm 0.2-0.3) are clipped to norm 1 at every step and then divided by 1024: updates are ~230-330x too small.
# mended by: scaler.unscale_(opt) before clipping
"""GRU seq2seq (reverse the sequence) with float16 autocast and a gradient scaler."""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(18)
V, L = 10, 5


class Cell(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.gates = nn.Linear(d + h, 2 * h)
        self.cand = nn.Linear(d + h, h)

    def forward(self, x, h):
        z, r = torch.sigmoid(self.gates(torch.cat([x, h], -1))).chunk(2, -1)
        n = torch.tanh(self.cand(torch.cat([x, r * h], -1)))
        return (1 - z) * n + z * h


class Seq2Seq(nn.Module):
    def __init__(self, d=32, h=96):
        super().__init__()
        self.src, self.dst = nn.Embedding(V, d), nn.Embedding(V + 1, d)
        self.enc, self.dec = Cell(d, h), Cell(d + h, h)
        self.key, self.query = nn.Linear(h + d, h), nn.Linear(h, h)
        self.pos = nn.Parameter(torch.randn(L, d))
        self.out = nn.Linear(2 * h, V)
        self.h = h

    def forward(self, s, t):
        e = self.src(s) + self.pos
        h = e.new_zeros(s.shape[0], self.h)
        mem = []
        for i in range(L):
            h = self.enc(e[:, i], h)
            mem.append(h)
        mem = torch.stack(mem, 1)
        keys = self.key(torch.cat([mem, self.pos.expand(len(s), -1, -1)], -1))
        prev = torch.full_like(t[:, :1], V)
        inp = self.dst(torch.cat([prev, t[:, :-1]], 1)) + self.pos
        ctx = torch.zeros_like(h)
        logits = []
        for i in range(L):
            h = self.dec(torch.cat([inp[:, i], ctx], -1), h)
            w = torch.softmax((keys * self.query(h).unsqueeze(1)).sum(-1) / self.h ** 0.5, 1)
            ctx = (w.unsqueeze(-1) * mem).sum(1)
            logits.append(self.out(torch.cat([h, ctx], -1)))
        return torch.stack(logits, 1)


class Trainer:
    def __init__(self, model, lr=0.3, max_norm=1.0):
        self.model = model
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 10)
        self.max_norm = max_norm

    def step(self, s, t):
        self.opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.float16):
            out = self.model(s, t)
        loss = F.cross_entropy(out.float().flatten(0, 1), t.flatten())
        self.scaler.scale(loss).backward()
        if FIX:
            self.scaler.unscale_(self.opt)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.scaler.step(self.opt)
        self.scaler.update()
        return loss.item(), (out.argmax(-1) == t).float().mean().item()


tr = Trainer(Seq2Seq())
hist = []
for it in range(350):
    s = torch.randint(0, V, (64, L))
    hist.append(tr.step(s, s.flip(1)))
    if it % 35 == 0:
        print(it, hist[-1])
t = hist[-35:]
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in t) / 35, sum(b for _, b in t) / 35))
