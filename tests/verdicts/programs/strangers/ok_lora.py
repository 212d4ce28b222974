# healthy
# 97 % of the weights are frozen and the LoRA A matrices get no gradient on the first step (B is zero): that is how LoRA is meant; it learns
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(40)
D, H, C = 32, 128, 6


class LoRALinear(nn.Module):
    def __init__(self, base, r=4, alpha=8):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features ** 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.scale = alpha / r

    def forward(self, x):
        return self.base(x) + self.scale * F.linear(F.linear(x, self.A), self.B)


def make_net():
    return nn.Sequential(nn.Linear(D, H), nn.GELU(), nn.Linear(H, H), nn.GELU(), nn.Linear(H, C))


W_old = torch.randn(D, C)
W_new = W_old + torch.randn(D, 2) @ torch.randn(2, C) * 1.0


def batch(w, n=128):
    x = torch.randn(n, D)
    return x, (x @ w).argmax(1)


def evaluate(net, w):
    with torch.no_grad():
        x, y = batch(w, 2000)
        return (net(x).argmax(1) == y).float().mean().item()


net = make_net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(500):  # pretraining
    x, y = batch(W_old)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"pretrained loss {loss.item():.4f} new-task accuracy {evaluate(net, W_new):.3f}")

for i in (0, 2, 4):
    net[i] = LoRALinear(net[i])
lora = [p for p in net.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in lora), "of", sum(p.numel() for p in net.parameters()))
opt = torch.optim.AdamW(lora, lr=3e-3)
for step in range(1000):
    x, y = batch(W_new)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={evaluate(net, W_new):.3f}")
