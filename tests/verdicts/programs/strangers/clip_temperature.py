# plateau not_learning
# the cosine similarities are multiplied by the temperature 0.07 instead of divided by it, so the softmax over the batch stays nearly uniform
# mended by: dividing by the temperature
# cause words: temperature, multiplied, divided, logits, scale, uniform
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
TEMPERATURE = 0.07
Wi, Wt = torch.randn(24, 50), torch.randn(24, 30)


def pairs(n):
    z = torch.randn(n, 24)
    image = torch.tanh(z @ Wi / 5) + 0.1 * torch.randn(n, 50)
    text = torch.tanh(z @ Wt / 5) + 0.1 * torch.randn(n, 30)
    return image, text


class Tower(nn.Module):
    def __init__(self, i, d=16):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(i, 64), nn.ReLU(), nn.Linear(64, d))

    def forward(self, x):
        return F.normalize(self.net(x), dim=-1)


class ClipLike(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.text = Tower(50), Tower(30)

    def forward(self, im, tx):
        sim = self.image(im) @ self.text(tx).t()
        return sim / TEMPERATURE if FIX else sim * TEMPERATURE


model = ClipLike()
opt = torch.optim.SGD(model.parameters(), lr=0.05)
for step in range(800):
    im, tx = pairs(128)
    logits = model(im, tx)
    y = torch.arange(len(im))
    loss = (F.cross_entropy(logits, y) + F.cross_entropy(logits.t(), y)) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    im, tx = pairs(256)
    top1 = (model(im, tx).argmax(1) == torch.arange(256)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={top1:.4f} (retrieval top-1 of 256)")
