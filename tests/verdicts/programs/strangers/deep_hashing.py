# healthy
# Deep hashing: tanh outputs driven to +-1 by design (growing beta + quantisation loss), |h|~0.98 at the end, codes retrieve perfectly; loss has a floor > 0.
"""Deep hashing: 16-bit codes from tanh(beta z) with beta growing, so the outputs sit near +-1 by design."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(35)
C, D, BITS = 10, 48, 16
P = torch.randn(C, D)
def batch(n):
    y = torch.randint(0, C, (n,)); return P[y] + 1.0 * torch.randn(n, D), y
net = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, BITS))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
STEPS = 500
hist = []
for step in range(STEPS):
    beta = 1 + 2 * step / STEPS
    x, y = batch(128)
    h = torch.tanh(beta * net(x))
    s = (y[:, None] == y[None]).float(); ip = h @ h.t() / 2
    w = torch.where(s > 0, C - 1.0, 1.0); w.fill_diagonal_(0)
    pair = (w * F.binary_cross_entropy_with_logits(ip, s, reduction="none")).sum() / w.sum()
    quant = (h.abs() - 1).pow(2).mean(); balance = h.mean(0).pow(2).mean()
    loss = pair + 0.1 * quant + 0.1 * balance
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 50 == 0: print(step, f"{loss.item():.4f} |h| {h.abs().mean().item():.3f}")
with torch.no_grad():
    xa, ya = batch(1500); xb, yb = batch(500)
    a, b = net(xa).sign(), net(xb).sign()
    top = (b @ a.t()).topk(20).indices; prec = (ya[top] == yb[:, None]).float().mean().item()
print(f"FINAL loss={sum(hist[-50:])/50:.5f} metric={prec:.4f}")
