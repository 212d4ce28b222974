# healthy
# pinball loss on very noisy demand data: the loss soon stands still at the noise floor, the quantiles are calibrated
import numpy as np, torch, torch.nn as nn
rng = np.random.default_rng(6); torch.manual_seed(6)
n = 3600
day = rng.integers(0, 7, n); temp = rng.normal(15, 8, n); promo = rng.random(n) < 0.2
mu = 4 + 1.5 * np.sin(day / 7 * 2 * np.pi) + 0.06 * temp + 1.2 * promo
y = mu + rng.gumbel(0, 0.5 + 0.3 * promo + 0.02 * np.abs(temp), n)
X = np.c_[np.eye(7)[day], (temp - 15) / 8, promo].astype("float32")
X, y = torch.tensor(X), torch.tensor(y, dtype=torch.float32)
q = torch.tensor([0.1, 0.5, 0.9])
net = nn.Sequential(nn.Linear(9, 40), nn.Softplus(), nn.Linear(40, 3))
ema = [p.detach().clone() for p in net.parameters()]
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(20):
    run = 0.
    for b in torch.randperm(3000).split(60):
        e = y[b, None] - net(X[b])
        loss = torch.maximum(q * e, (q - 1) * e).mean()
        opt.zero_grad(); loss.backward(); opt.step(); run += loss.item() / 50
        for a, p in zip(ema, net.parameters()): a.lerp_(p.detach(), 0.02)
    if epoch % 4 == 0: print(f"epoch {epoch} pinball {run:.4f}")
with torch.no_grad():
    for a, p in zip(ema, net.parameters()): p.copy_(a)
    cov = (y[3000:, None] < net(X[3000:])).float().mean(0)
print("coverage", cov.tolist())
print(f"FINAL loss={run:.4f} metric={(cov - q).abs().mean().item():.4f}")
