# badly_scaled
# the critic regresses undiscounted returns in cents (hundreds of thousands) with MSE: huge steady gradients, and the output can never reach the targets' size
# mended by: dividing the returns by their standard deviation after taking off the mean
# cause words: scale scaling normalis returns targets large units
import os
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25)


def rollouts(n, horizon=20):
    s = torch.randn(n, 5)
    s0, ret = s.clone(), torch.zeros(n)
    drift = torch.eye(5) * 0.9 + 0.05
    for _ in range(horizon):
        ret += 20000 * torch.tanh(s[:, 0]) + 15000 * s[:, 1].abs() + 3000
        s = s @ drift.T * 0.95
    return s0, ret


S, R = rollouts(4000)
mu, sd = (R.mean(), R.std()) if FIX else (0.0, 1.0)
loader = DataLoader(TensorDataset(S[:3500], (R[:3500] - mu) / sd), batch_size=128, shuffle=True)
critic = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(critic.parameters(), lr=1e-3)
for epoch in range(30):
    for s, r in loader:
        loss = nn.functional.mse_loss(critic(s).squeeze(1), r)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} value loss {loss.item():.4g}")
with torch.no_grad():
    v = critic(S[3500:]).squeeze(1) * sd + mu
    r2 = 1 - ((v - R[3500:]).pow(2).mean() / R[3500:].var()).item()
print(f"FINAL loss={loss.item():.4g} metric={r2:.4f} (R2 of the value, more is better)")
