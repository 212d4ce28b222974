# healthy
# bfloat16 weights with Adam at 1e-4, far below their spacing, but each update is rounded stochastically, so it counts on average; the loss rests at the floor of noisy labels.
# rule: D
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
C, D, H, STEPS = 10, 32, 128, 1500
g = torch.Generator().manual_seed(12)
centres = 3.5 * F.normalize(torch.randn(3 * C, D, generator=g), dim=1)


def batch(n):
    k = torch.randint(0, 3 * C, (n,), generator=g)
    x = centres[k] + 0.4 * torch.randn(n, D, generator=g)
    clean = k % C
    bad = torch.rand(n, generator=g) < 0.55
    return x.bfloat16(), clean, torch.where(bad, torch.randint(0, C, (n,), generator=g), clean)


class StochasticAdam(torch.optim.Adam):
    """Adam with float32 moments; the new weight is rounded up or down by chance."""

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                s = self.state[p]
                if not s:
                    s["step"] = 0
                    s["exp_avg"] = torch.zeros_like(p, dtype=torch.float32)
                    s["exp_avg_sq"] = torch.zeros_like(p, dtype=torch.float32)
                s["step"] += 1
                grad = p.grad.float()
                s["exp_avg"].lerp_(grad, 1 - b1)
                s["exp_avg_sq"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
                m = s["exp_avg"] / (1 - b1 ** s["step"])
                v = s["exp_avg_sq"] / (1 - b2 ** s["step"])
                new = p.float() - group["lr"] * m / (v.sqrt() + group["eps"])
                bits = new.view(torch.int32) + torch.randint(0, 1 << 16, new.shape, dtype=torch.int32)
                p.copy_((bits & -65536).view(torch.float32))


net = nn.Sequential(nn.Linear(D, H), nn.GELU(), nn.Linear(H, H), nn.GELU(), nn.Linear(H, C)).bfloat16()
opt = StochasticAdam(net.parameters(), lr=1e-4)
hist = []
for step in range(STEPS):
    x, _, y = batch(256)
    loss = F.cross_entropy(net(x).float(), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 250 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    x, clean, _ = batch(4000)
    acc = (net(x).argmax(1) == clean).float().mean().item()
p = 0.45 + 0.055
print("floor %.3f, guessing %.3f" % (-p * math.log(p) - 9 * 0.055 * math.log(0.055), math.log(C)))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, acc))
