# fp16_underflow
# hand-made dynamic loss scaler with the overflow test inverted: the scale is halved after every good step until the half-precision gradients vanish
# mended by: halving on overflow only, doubling after 200 good steps
# cause words: scale underflow scaler float16 half halv
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, D = 24, 16, 48
nxt = torch.stack([torch.randperm(V) for _ in range(4)])


def text(n):
    s = torch.randint(0, V, (n, 2))
    rows = [s[:, 0], s[:, 1]]
    for _ in range(L - 1):
        rows.append(nxt[rows[-2] % 4, rows[-1]])
    return torch.stack(rows, 1)


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        self.mix = nn.Linear(2 * D, 96)
        self.mid = nn.Linear(96, 96)
        self.out = nn.Linear(96, V)

    def forward(self, t):
        e = self.emb(t)
        h = torch.cat([e[:, 1:], e[:, :-1]], -1)
        return self.out(F.gelu(self.mid(F.gelu(self.mix(h)))))


class LossScaler:
    def __init__(self, scale=2.0 ** 15):
        self.scale, self.good = scale, 0

    def update(self, found_inf):
        if FIX:
            if found_inf:
                self.scale, self.good = self.scale / 2, 0
            else:
                self.good += 1
                if self.good % 200 == 0:
                    self.scale *= 2
        elif not found_inf:                    # inverted
            self.scale = max(self.scale / 2, 2.0 ** -24)
        else:
            self.scale *= 2


net = LM().half()
master = [p.detach().float().requires_grad_(True) for p in net.parameters()]
opt = torch.optim.SGD(master, lr=0.1, momentum=0.9)
scaler = LossScaler()
for step in range(500):
    t = text(32)
    logits = net(t[:, :-1])
    loss = F.cross_entropy(logits.float().flatten(0, 1), t[:, 2:].flatten())
    net.zero_grad()
    (loss * scaler.scale).backward()
    found_inf = any(not torch.isfinite(p.grad).all() for p in net.parameters())
    if not found_inf:
        for m, p in zip(master, net.parameters()):
            m.grad = p.grad.float() / scaler.scale
        opt.step()
        with torch.no_grad():
            for m, p in zip(master, net.parameters()):
                p.copy_(m)
    scaler.update(found_inf)
    if step % 100 == 0:
        print(step, loss.item(), scaler.scale)
t = text(400)
acc = (net(t[:, :-1]).argmax(-1) == t[:, 2:]).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
