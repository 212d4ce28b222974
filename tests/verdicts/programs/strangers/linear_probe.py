# healthy
# nearly everything is frozen on purpose: linear probe plus BitFit (biases only) on a pretrained network, weights get no gradient
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(2)
W = torch.randn(20, 8) / 4


def task(n, shift):
    x = torch.randn(n, 20)
    h = torch.sin(2 * x @ W + shift)
    return x, (h[:, :4] + 0.4 * h[:, 4:]).argmax(1)


net = nn.Sequential(nn.Linear(20, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 4))
x, y = task(8000, 0.0)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for s in range(700):
    j = torch.randint(0, 8000, (128,))
    loss = F.cross_entropy(net(x[j]), y[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 100 == 0:
        print("pretrain", s, f"{loss.item():.4f}")

for name, p in net.named_parameters():
    p.requires_grad = name.endswith("bias") or name.startswith("4.")
net[4] = nn.Linear(96, 4)
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=5e-3)
x, y = task(6000, 0.2)
xt, yt = task(1500, 0.2)
for s in range(900):
    j = torch.randint(0, 6000, (128,))
    loss = F.cross_entropy(net(x[j]), y[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 100 == 0:
        print("bitfit", s, f"{loss.item():.4f}")
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
