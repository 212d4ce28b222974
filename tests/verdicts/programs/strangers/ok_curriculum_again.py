# healthy
# curriculum: sequences for the parity-like counting task get longer every 200 steps, the loss jumps up at every stage and falls again
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 32, batch_first=True)
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        o, _ = self.gru(x)
        return self.fc(o[:, -1]).squeeze(1)


def batch(T, B=64):
    x = (torch.rand(B, T, 1) < 0.4).float()
    return x, x.sum((1, 2)) / 4


net = Counter()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(1000):
    T = [4, 8, 12, 18, 24][step // 200]
    x, y = batch(T)
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 50 == 0:
        print(f"step {step} T {T} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(24, 500)
    r2 = 1 - F.mse_loss(net(x), y) / y.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f}")
