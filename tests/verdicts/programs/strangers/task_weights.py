# miswired not_learning
# learned task weights exp(-s) without the + s term of uncertainty weighting: the cheapest way down is to send all the weights to zero
# mended by: exp(-s) * loss + s
# cause words: weight, uncertainty, log, regulariz, regularis, term
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
W1, W2, W3 = torch.randn(16, 5), torch.randn(16, 1), torch.randn(16, 2)


def batch(n=64):
    x = torch.randn(n, 16)
    return x, (torch.tanh(x) @ W1).argmax(1), torch.sin(x @ W2 / 2), torch.relu(x) @ W3


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.cls, self.reg, self.aux = nn.Linear(64, 5), nn.Linear(64, 1), nn.Linear(64, 2)
        self.s = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        h = self.trunk(x)
        return self.cls(h), self.reg(h), self.aux(h)


def combine(losses, s):
    total = 0.0
    for i, l in enumerate(losses):
        total = total + torch.exp(-s[i]) * l
        if FIX:
            total = total + s[i]
    return total


model = MultiTask()
opt = torch.optim.SGD([{"params": [p for n, p in model.named_parameters() if n != "s"]},
                       {"params": [model.s], "lr": 0.05}], lr=0.02, momentum=0.9)
for step in range(2500):
    x, y1, y2, y3 = batch()
    o1, o2, o3 = model(x)
    losses = (F.cross_entropy(o1, y1), F.mse_loss(o2, y2), F.mse_loss(o3, y3))
    loss = combine(losses, model.s)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    opt.step()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.4f} tasks " + " ".join(f"{l.item():.3f}" for l in losses))
with torch.no_grad():
    x, y1, y2, y3 = batch(2000)
    acc = (model(x)[0].argmax(1) == y1).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
