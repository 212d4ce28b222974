# output_cannot_change
# graph classifier with a single output unit and softmax(dim=1) over it: the probability is 1.0 for every graph and every weight
# mended by: sigmoid instead of softmax
# cause words: softmax one single unit sigmoid constant
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
NODES, FEAT = 12, 6


def make(n):
    """is the graph dense (many triangles) or sparse?"""
    y = torch.randint(0, 2, (n,)).float()
    p = torch.where(y == 1, 0.45, 0.25)[:, None, None]
    a = (torch.rand(n, NODES, NODES) < p).float().triu(1)
    a = a + a.transpose(1, 2) + torch.eye(NODES)
    return a, torch.randn(n, NODES, FEAT), y


class GIN(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Linear(FEAT + 1, d)
        self.convs = nn.ModuleList(nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, d)) for _ in range(2))
        self.head = nn.Linear(d, 1)

    def forward(self, a, x):
        h = self.emb(torch.cat([x, a.sum(-1, keepdim=True) / 5], -1))
        for c in self.convs:
            h = F.relu(c(a @ h / 5))
        logit = self.head(h.mean(1))
        return torch.sigmoid(logit) if FIX else F.softmax(logit, dim=1)


net = GIN()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
crit = nn.BCELoss()
for step in range(500):
    a, x, y = make(64)
    loss = crit(net(a, x).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    a, x, y = make(1000)
    acc = ((net(a, x).squeeze(1) > 0.5).float() == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} (accuracy)")
