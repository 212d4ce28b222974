# plateau
# InfoNCE: the cosine similarities are multiplied by the temperature 0.07 instead of divided, so the softmax is almost uniform and the loss stays at log(batch)
# mended by: dividing by the temperature
# cause words: temperature multiplied divide dividing logits scale
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, CL, D = 3000, 10, 32
cent = 0.35 * torch.randn(CL, D)
lab = torch.randint(0, CL, (N,))
base = cent[lab] + 0.5 * torch.randn(N, D)


def augment(x):
    return x * (torch.rand_like(x) > 0.2) + 0.1 * torch.randn_like(x)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(D, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64))
        self.proj = nn.Sequential(nn.ReLU(), nn.Linear(64, 32))

    def forward(self, x):
        return F.normalize(self.proj(self.f(x)), dim=1)


def nt_xent(a, b, temp=0.07):
    sim = a @ b.T
    sim = sim / temp if FIX else sim * temp
    t = torch.arange(len(a))
    return 0.5 * (F.cross_entropy(sim, t) + F.cross_entropy(sim.T, t))


enc = Encoder()
opt = torch.optim.SGD(enc.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
for step in range(800):
    x = base[torch.randint(0, N, (128,))]
    loss = nt_xent(enc(augment(x)), enc(augment(x)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 80 == 0:
        print(f"step {step} loss {loss.item():.4f}")
enc.eval()
with torch.no_grad():
    x = base[:500]
    hit = (enc(augment(x)) @ enc(augment(x)).T).argmax(1) == torch.arange(500)
print(f"FINAL loss={loss.item():.4f} metric={hit.float().mean().item():.3f} (share of pairs found among 500)")
