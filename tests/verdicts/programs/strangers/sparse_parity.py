# healthy
# Sparse 3-bit parity; flat at ln 2 for ~150-250 steps, then solved exactly (fresh data every step).
"""Sparse parity: y = x_i * x_j * x_k hidden in 16 +-1 inputs. Long flat start, then it clicks."""
import torch, torch.nn as nn
torch.manual_seed(0)
N, K = 16, 3
idx = torch.tensor([2, 7, 11])

def batch(n):
    x = torch.randint(0, 2, (n, N)).float() * 2 - 1
    return x, (x[:, idx].prod(1) > 0).float()

net = nn.Sequential(nn.Linear(N, 128), nn.ReLU(), nn.Linear(128, 1))
opt = torch.optim.AdamW(net.parameters(), lr=1.3e-3, weight_decay=1e-2)
lossf = nn.BCEWithLogitsLoss()
STEPS = 800
hist = []
for step in range(STEPS):
    x, y = batch(256)
    loss = lossf(net(x).squeeze(1), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 50 == 0:
        print(step, f"{loss.item():.4f}")
with torch.no_grad():
    x, y = batch(4096)
    acc = ((net(x).squeeze(1) > 0).float() == y).float().mean().item()
print(f"FINAL loss={sum(hist[-80:])/80:.5f} metric={acc:.4f}")
