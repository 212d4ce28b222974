# healthy
"""Metric learning: triplets whose loss is zero once they are apart."""

import torch
from torch import nn


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(16, 64)
        self.fc2 = nn.Linear(64, 64)
        self.emb = nn.Linear(64, 8)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.emb(x)


class TripletTrainer:
    def __init__(self):
        self.model = Embedder()
        self.criterion = nn.TripletMarginLoss(margin=0.5)
        self.optim = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)
        self.centers = 2 * torch.randn(10, 16)

    def sample(self, n=48):
        who = torch.randint(10, (n,))
        other = (who + torch.randint(1, 10, (n,))) % 10
        noise = torch.randn(3, n, 16)
        return (
            self.centers[who] + noise[0],
            self.centers[who] + noise[1],
            self.centers[other] + noise[2],
        )

    def train(self, iterations):
        for i in range(iterations):
            a, p, n = self.sample()
            loss = self.criterion(self.model(a), self.model(p), self.model(n))
            self.optim.zero_grad()
            loss.backward()
            self.optim.step()
            if i % 50 == 0:
                print(i, loss.item())


if __name__ == "__main__":
    torch.manual_seed(3)
    TripletTrainer().train(400)
