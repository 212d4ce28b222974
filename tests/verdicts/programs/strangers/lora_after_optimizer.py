# miswired not_learning
# LoRA adapters are injected after the optimizer was built, so A and B are in no parameter group (never stepped, and their gradients are never zeroed and accumulate); only the head trains.
# mended by: call add_lora before building the optimizer
"""LoRA adaptation of a frozen base classifier to a shifted task."""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)


class LoRALinear(nn.Module):
    def __init__(self, base, r=4, alpha=8):
        super().__init__()
        self.base = base
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features ** 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.s = alpha / r

    def forward(self, x):
        return self.base(x) + self.s * F.linear(F.linear(x, self.A), self.B)


class Backbone(nn.Module):
    def __init__(self, d=32, h=64, c=6):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(d, h), nn.Linear(h, h), nn.Linear(h, h)
        self.head = nn.Linear(h, c)

    def forward(self, x):
        for l in (self.l1, self.l2, self.l3):
            x = F.gelu(l(x))
        return self.head(x)


def add_lora(model, names=("l1", "l2", "l3"), r=4):
    for n in names:
        setattr(model, n, LoRALinear(getattr(model, n), r))
    return model


def downstream(n=6000, d=32):
    x = torch.randn(n, d)
    w = torch.randn(d, 2) / d ** 0.5
    z = x @ w
    y = (torch.atan2(z[:, 0], z[:, 1]) / 6.2832 * 6).floor().long() % 6
    return x, y


model = Backbone()
for name, p in model.named_parameters():
    p.requires_grad_(name.startswith("head"))
if FIX:
    add_lora(model)
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=4e-3, weight_decay=0.0)
if not FIX:
    add_lora(model)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / 30))

x, y = downstream()
hist = []
for step in range(600):
    i = torch.randint(0, len(x), (64,))
    logits = model(x[i])
    loss = F.cross_entropy(logits, y[i])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    hist.append((loss.item(), (logits.argmax(1) == y[i]).float().mean().item()))
    if step % 60 == 0:
        print(step, hist[-1])
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in hist[-60:]) / 60, sum(b for _, b in hist[-60:]) / 60))
