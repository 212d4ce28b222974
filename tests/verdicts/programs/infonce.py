# healthy
"""SimCLR-like pretraining on noisy views of points."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class SimCLR(nn.Module):
    def __init__(self, dim=24, hidden=96, out=32, temperature=0.1):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, hidden)
        )
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(hidden, out))
        self.temperature = temperature

    def info_nce(self, a, b):
        z = F.normalize(torch.cat([a, b]), dim=-1)
        sim = z @ z.T / self.temperature
        sim.fill_diagonal_(-1e9)
        n = len(a)
        labels = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
        return F.cross_entropy(sim, labels)

    def forward(self, x):
        return self.projector(self.backbone(x))


torch.manual_seed(11)
data = torch.randn(1024, 24)
net = SimCLR()
opt = torch.optim.AdamW(net.parameters(), lr=3e-4, weight_decay=0.05)
for epoch in range(18):
    for batch in data[torch.randperm(len(data))].split(64):
        v1 = batch + 0.2 * torch.randn_like(batch)
        v2 = batch * (torch.rand_like(batch) > 0.2)
        loss = net.info_nce(net(v1), net(v2))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
    print(f"epoch {epoch}: {loss.item():.3f}")
