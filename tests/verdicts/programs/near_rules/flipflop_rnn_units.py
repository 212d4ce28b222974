# healthy
# A recurrent tanh net holds three bits (its units are at -1 or 1, as they should be), read by a noisy gauge in millivolts: loss near 1e6, gradients above 1e3; the bits are right.
# rule: H
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
BITS, H, T, STEPS, MV = 3, 48, 16, 1000, 1000.0
g = torch.Generator().manual_seed(21)


def batch(n):
    """Pulses of -1 or 1 now and then; the state is the last pulse of each channel."""
    pulse = (torch.rand(n, T, BITS, generator=g) < 0.25).float()
    pulse[:, 0] = 1.0
    x = pulse * (torch.randint(0, 2, (n, T, BITS), generator=g).float() * 2 - 1)
    state, out = x[:, 0], []
    for t in range(T):
        state = torch.where(x[:, t] != 0, x[:, t], state)
        out.append(state)
    clean = torch.stack(out, 1)
    return x, clean, MV * (clean + torch.randn(n, T, BITS, generator=g))


class Flip(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(BITS, H)
        self.rec = nn.Linear(H, H, bias=False)
        self.out = nn.Linear(H, BITS)
        nn.init.orthogonal_(self.rec.weight)
        with torch.no_grad():
            self.inp.weight.mul_(10.0)
            self.rec.weight.mul_(0.5).add_(2.0 * torch.eye(H))

    def forward(self, x):
        h, hs = torch.zeros(len(x), H), []
        for t in range(T):
            h = torch.tanh(self.inp(x[:, t]) + self.rec(h))
            hs.append(h)
        hs = torch.stack(hs, 1)
        return MV * self.out(hs), hs


net = Flip()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
hist = []
for step in range(STEPS):
    x, _, y = batch(96)
    pred, hs = net(x)
    loss = F.mse_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 100 == 0:
        gn = torch.stack([p.grad.norm() for p in net.parameters()]).norm().item()
        sat = (hs.abs() > 0.97).float().mean().item()
        print(step, "loss %.3e gradient %.2e saturated %.3f" % (loss.item(), gn, sat))

with torch.no_grad():
    x, clean, _ = batch(1000)
    acc = (net(x)[0].sign() == clean).float().mean().item()
print("FINAL loss=%.4e metric=%.4f" % (sum(hist[-50:]) / 50, acc))
