# plateau
"""The scheduler is meant for epochs and is called for batches."""

import torch
from torch import nn


class Wine(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(13, 48), nn.Linear(48, 48), nn.Linear(48, 3)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


torch.manual_seed(60)
y = torch.randint(3, (900,))
x = torch.randn(900, 13) + 1.5 * torch.randn(3, 13)[y]
model = Wine()
opt = torch.optim.SGD(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
for epoch in range(15):
    for idx in torch.randperm(900).split(50):
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        scheduler.step()
    print(epoch, loss.item())
