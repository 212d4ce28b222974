# healthy
# Gumbel-softmax categorical VAE, tau annealed, KL weight ramped over 350 steps so the total loss climbs in between. metric = reconstruction accuracy.
"""Categorical VAE with Gumbel-softmax, temperature annealed 1 -> 0.4, KL weight ramped from 0 (loss climbs in between)."""
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(15)
D, N, K, M = 36, 3, 6, 6
pat = [(torch.rand(K, D // N) < 0.5).float() for _ in range(N)]

def batch(n):
    idx = [torch.randint(0, K, (n,)) for _ in range(N)]
    x = torch.cat([p[i] for p, i in zip(pat, idx)], 1)
    return torch.where(torch.rand_like(x) < 0.02, 1 - x, x)

enc = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, M * K))
dec = nn.Sequential(nn.Linear(M * K, 128), nn.ReLU(), nn.Linear(128, D))
opt = torch.optim.Adam([*enc.parameters(), *dec.parameters()], lr=5e-3)
hist = []
for step in range(700):
    tau = max(0.4, math.exp(-step / 500)); beta = min(1.0, step / 350)
    x = batch(200)
    logits = enc(x).view(-1, M, K)
    z = F.gumbel_softmax(logits, tau=tau, dim=-1).flatten(1)
    rec = F.binary_cross_entropy_with_logits(dec(z), x, reduction="none").sum(1).mean()
    lp = logits.log_softmax(-1)
    kl = (lp.exp() * (lp + math.log(K))).sum((1, 2)).mean()
    loss = rec + beta * kl
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 70 == 0: print(step, f"tau {tau:.2f} rec {rec.item():.3f} kl {kl.item():.3f}")
with torch.no_grad():
    x = batch(3000)
    z = F.one_hot(enc(x).view(-1, M, K).argmax(-1), K).float().flatten(1)
    acc = ((dec(z) > 0).float() == x).float().mean().item()
print(f"FINAL loss={sum(hist[-70:])/70:.5f} metric={acc:.4f}")
