# healthy
# cross-attention over a memory that holds one token only: the softmax runs over one value and is always 1, yet the value projection carries all that is needed; the noise floor keeps the loss above 60 %
# rule: D
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(13)
torch.set_num_threads(1)
D, BS, STEPS = 16, 96, 1200


class CrossBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(D, 32)
        self.k = nn.Linear(D, 32)
        self.v = nn.Linear(D, 32)
        self.mlp = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 1))

    def forward(self, query, memory):
        s = self.q(query) @ self.k(memory).transpose(1, 2) / 32 ** 0.5
        att = F.softmax(s, dim=-1)
        return self.mlp((att @ self.v(memory)).squeeze(1)).squeeze(1)


w = torch.randn(D) / D ** 0.5


def batch(n):
    memory = torch.randn(n, 1, D)
    query = torch.randn(n, 1, D)
    clean = torch.tanh(2 * memory[:, 0] @ w)
    return query, memory, clean + torch.randn(n), clean


net = CrossBlock()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
hist = []
for step in range(STEPS):
    q, m, y, _ = batch(BS)
    loss = F.mse_loss(net(q, m), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    hist.append(loss.item())
    if (step + 1) % 200 == 0:
        print(step + 1, f"{sum(hist[-200:]) / 200:.4f}")
with torch.no_grad():
    q, m, y, clean = batch(6000)
    p = net(q, m)
    final = F.mse_loss(p, y).item()
    r2 = 1 - ((p - clean) ** 2).mean().item() / clean.var().item()
print(f"FINAL loss={final:.4f} metric={r2:.4f} (R2 against the clean target; noise floor 1.0)")
