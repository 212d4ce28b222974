# healthy
# the gradients are set to None after each of the 12 backward passes of a step: each example's was clipped and summed aside before (DP-SGD with a loop), and the sum is put back for the step
# rule: H
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(15)
K, B, CLIP, SIGMA = 5, 12, 1.0, 0.1
centres = 1.2 * torch.randn(K, 16)


def data(n):
    y = torch.randint(0, K, (n,))
    return centres[y] + torch.randn(n, 16), y


net = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, K))
params = list(net.parameters())
opt = torch.optim.SGD(params, lr=0.2, momentum=0.5)
for step in range(500):
    x, y = data(B)
    total = [torch.zeros_like(p) for p in params]
    mean = 0.0
    for i in range(B):
        loss = F.cross_entropy(net(x[i:i + 1]), y[i:i + 1])
        loss.backward()
        norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in params))
        scale = (CLIP / (norm + 1e-6)).clamp(max=1.0)
        for t, p in zip(total, params):
            t.add_(p.grad * scale)
        opt.zero_grad(set_to_none=True)
        mean += loss.item() / B
    for t, p in zip(total, params):
        p.grad = (t + SIGMA * CLIP * torch.randn_like(t)) / B
    opt.step()
    opt.zero_grad()
net.eval()
with torch.no_grad():
    x, y = data(2000)
    acc = (net(x).argmax(1) == y).float().mean()
    best = (torch.cdist(x, centres).argmin(1) == y).float().mean()
print(f"FINAL loss={mean:.4f} metric={acc.item():.4f} (accuracy, best possible {best.item():.4f})")
