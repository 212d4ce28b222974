# vanishing_gradient
"""The original generator loss against a discriminator that was trained ahead."""

import torch
from torch import nn


class G(nn.Module):
    def __init__(self):
        super().__init__()
        self.seq = nn.Sequential(
            nn.Linear(3, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 2)
        )

    def forward(self, z):
        return self.seq(z)


class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.seq = nn.Sequential(
            nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, x):
        return self.seq(x)


torch.manual_seed(5)
gen, dis = G(), D()
og = torch.optim.Adam(gen.parameters(), lr=1e-5)
od = torch.optim.Adam(dis.parameters(), lr=5e-3)
for epoch in range(150):
    for _ in range(2):
        real = torch.randn(64, 2) * 0.1 + 6
        fake = gen(torch.randn(64, 3)).detach()
        od.zero_grad()
        loss_d = -(
            nn.functional.logsigmoid(dis(real)) + nn.functional.logsigmoid(-dis(fake))
        ).mean()
        loss_d.backward()
        od.step()
    og.zero_grad()
    loss_g = nn.functional.logsigmoid(-dis(gen(torch.randn(64, 3)))).mean()
    loss_g.backward()
    og.step()
    if epoch % 30 == 0:
        print(epoch, loss_d.item(), loss_g.item())
