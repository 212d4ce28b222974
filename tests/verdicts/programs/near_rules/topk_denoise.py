# healthy
# A top-2 sparse code of 2048 ReLU units on batches of 32 (97 % of units are zero in each batch) trained on pairs of noisy views, whose noise is 2/3 of the cost; the clean signal is recovered.
# rule: A
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, M, K, STEPS, ATOMS = 64, 2048, 2, 1600, 40
g = torch.Generator().manual_seed(7)
atoms = F.normalize(torch.randn(ATOMS, D, generator=g), dim=1) * 8.0


def batch(n):
    i = torch.randint(0, ATOMS, (n,), generator=g)
    amp = 0.7 + 0.6 * torch.rand(n, 1, generator=g)
    clean = amp * atoms[i]
    view = clean + 0.3 * torch.randn(n, D, generator=g)
    other = clean + 1.45 * torch.randn(n, D, generator=g)
    return view, other, clean


class TopK(nn.Module):
    def __init__(self):
        super().__init__()
        w = F.normalize(torch.randn(M, D), dim=1)
        self.enc = nn.Linear(D, M)
        self.relu = nn.ReLU()
        self.dec = nn.Linear(M, D)
        with torch.no_grad():
            self.enc.weight.copy_(w)
            self.enc.bias.zero_()
            self.dec.weight.copy_(w.t())

    def forward(self, x):
        pre = self.enc(x)
        kth = pre.topk(K, dim=1).values[:, -1:]
        h = self.relu(pre.masked_fill(pre < kth, -1.0))
        return self.dec(h), h


net = TopK()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
hist = []
for step in range(STEPS):
    view, other, _ = batch(32)
    rec, h = net(view)
    loss = F.mse_loss(rec, other)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 200 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    view, other, clean = batch(4000)
    rec, _ = net(view)
    r2 = 1 - F.mse_loss(rec, clean).item() / clean.var().item()
print("guessing %.3f, noise floor %.3f" % (other.var().item(), 1.45 ** 2))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, r2))
