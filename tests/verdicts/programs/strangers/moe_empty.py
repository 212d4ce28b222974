# nonfinite
# the loss is the mean over experts of the mean error of the expert's samples; the first batch that leaves an expert without samples gives 0/0
# mended by: leaving experts without samples out of the mean
# cause words: empty expert mean no samples tokens
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
D, E, N = 10, 4, 4096
cent = torch.randn(E, D) * 2
mix = torch.tensor([0.4, 0.3, 0.2, 0.1])
c = torch.multinomial(mix, N, replacement=True)
x = cent[c] + torch.randn(N, D)
Wt = torch.randn(E, D)
y = (x * Wt[c]).sum(-1, keepdim=True) / D ** 0.5 + 0.05 * torch.randn(N, 1)


class MoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(D, E)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(D, 32), nn.ReLU(), nn.Linear(32, 1)) for _ in range(E))

    def forward(self, x):
        p = self.gate(x).softmax(-1)
        outs = torch.stack([e(x) for e in self.experts], 1)
        return outs, p


net = MoE()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
dl = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
step = 0
for epoch in range(20):
    for xb, yb in dl:
        outs, p = net(xb)
        err = (outs - yb[:, None]).pow(2).squeeze(-1)
        top = p.argmax(-1)
        weighted = (p * err).sum(-1)
        per_expert = []
        for e in range(E):                       # every expert counts the same, however few samples it has
            mine = (top == e).float()
            if FIX and mine.sum() == 0:
                continue
            per_expert.append((mine * weighted).sum() / mine.sum())
        loss = torch.stack(per_expert).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        step += 1
    if epoch % 2 == 0:
        print(f"epoch {epoch} step {step} loss {loss.item():.4f}")
with torch.no_grad():
    outs, p = net(x)
    mse = F.mse_loss((p[..., None] * outs).sum(1), y).item()
print(f"FINAL loss={loss.item():.4f} metric={1 - mse / y.var().item():.4f} (r2)")
