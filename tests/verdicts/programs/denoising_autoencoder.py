# healthy
"""A denoising autoencoder under OneCycle."""

import torch
from torch import nn


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.ELU(), nn.Linear(32, 6))
        self.decoder = nn.Sequential(nn.Linear(6, 32), nn.ELU(), nn.Linear(32, 64), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


torch.manual_seed(31)
wave = torch.arange(64.0)[None] / 64
pick = torch.rand(1500, 3)
x = 0.5 + 0.4 * torch.sin(6.28 * (pick[:, :1] + (1 + 2 * pick[:, 1:2]) * wave)) * pick[:, 2:]
model = AE()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=400)
bce = nn.BCELoss()
for step in range(400):
    clean = x[torch.randint(len(x), (64,))]
    noisy = clean + 0.1 * torch.randn_like(clean)
    loss = bce(model(noisy), clean)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 80 == 0:
        print(step, loss.item())
