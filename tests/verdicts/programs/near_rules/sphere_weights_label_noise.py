# healthy
# Scale-free weights kept on a tiny sphere turn by more than 2 % a step, and the share of random labels rises from 0 to 60 %, so the loss rises; clean accuracy stays high.
# rule: C
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
C, D, H, STEPS, RADIUS = 8, 24, 64, 1200, 1e-3
g = torch.Generator().manual_seed(4)
centres = 3.0 * F.normalize(torch.randn(2 * C, D, generator=g), dim=1)


def batch(n, share):
    k = torch.randint(0, 2 * C, (n,), generator=g)
    x = centres[k] + 0.4 * torch.randn(n, D, generator=g)
    clean = k % C
    bad = torch.rand(n, generator=g) < share
    return x, clean, torch.where(bad, torch.randint(0, C, (n,), generator=g), clean)


class Sphere(nn.Module):
    """Each row has norm one in use; what is stored is kept at a norm of RADIUS."""

    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(F.normalize(torch.randn(o, i), dim=1) * RADIUS)

    def forward(self, x):
        return F.linear(x, F.normalize(self.weight, dim=1))

    @torch.no_grad()
    def back(self):
        self.weight.mul_(RADIUS / self.weight.norm(dim=1, keepdim=True))


l1, l2, l3 = Sphere(D, H), Sphere(H, H), Sphere(H, C)
net = nn.Sequential(l1, nn.LayerNorm(H, elementwise_affine=False), nn.ReLU(),
                    l2, nn.LayerNorm(H, elementwise_affine=False), nn.ReLU(), l3)
opt = torch.optim.Adam(net.parameters(), lr=RADIUS * 0.02)
hist = []
for step in range(STEPS):
    share = 0.6 * min(1.0, step / (0.85 * STEPS))
    x, _, y = batch(256, share)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    for layer in (l1, l2, l3):
        layer.back()
    hist.append(loss.item())
    if step % 200 == 0:
        print(step, "random labels %.2f loss %.4f" % (share, loss.item()))

with torch.no_grad():
    x, clean, _ = batch(4000, 0.6)
    acc = (net(x).argmax(1) == clean).float().mean().item()
p = 0.4 + 0.6 / C
floor = -p * math.log(p) - (C - 1) * 0.6 / C * math.log(0.6 / C)
print("floor of the last labels %.3f, guessing %.3f" % (floor, math.log(C)))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-60:]) / 60, acc))
