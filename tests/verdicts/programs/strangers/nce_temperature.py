# plateau not_learning
# InfoNCE multiplies the cosine similarities by the temperature 0.07 in place of dividing: logits lie within +-0.07 and the loss stays near log(batch)
# mended by: similarities / temperature
# cause words: temperature multiply divide similarity logits
import os
import math
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
LAT, OBS = 8, 40
A1, A2 = torch.randn(LAT, OBS), torch.randn(LAT, OBS)


def views(n):
    z = torch.randn(n, LAT)
    return torch.tanh(z @ A1) + 0.4 * torch.randn(n, OBS), torch.tanh(z @ A2) + 0.4 * torch.randn(n, OBS)


def tower():
    return nn.Sequential(nn.Linear(OBS, 64), nn.ReLU(), nn.Linear(64, 24))


class CLIPish(nn.Module):
    def __init__(self, tau=0.07):
        super().__init__()
        self.a, self.b, self.tau = tower(), tower(), tau

    def forward(self, u, v):
        ea, eb = F.normalize(self.a(u), dim=1), F.normalize(self.b(v), dim=1)
        sim = ea @ eb.T
        return sim / self.tau if FIX else sim * self.tau


net = CLIPish()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
B = 64
tgt = torch.arange(B)
for step in range(800):
    logits = net(*views(B))
    loss = (F.cross_entropy(logits, tgt) + F.cross_entropy(logits.T, tgt)) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"{step} loss {loss.item():.4f} (chance {math.log(B):.3f})")
with torch.no_grad():
    lg = net(*views(256))
    r1 = (lg.argmax(1) == torch.arange(256)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r1:.3f}")
