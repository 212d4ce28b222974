# healthy
"""A student that learns from a teacher's softened answers."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = (
            nn.Linear(16, width),
            nn.Linear(width, width),
            nn.Linear(width, 6),
        )

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Distiller:
    def __init__(self, teacher, student, T=4.0, alpha=0.7):  # noqa: N803
        self.teacher, self.student, self.T, self.alpha = teacher, student, T, alpha
        self.opt = torch.optim.Adam(student.parameters(), lr=1e-3)

    def fit(self, loader, epochs):
        self.teacher.eval()
        for epoch in range(epochs):
            for x, y in loader:
                with torch.no_grad():
                    soft = F.softmax(self.teacher(x) / self.T, dim=1)
                out = self.student(x)
                kd = F.kl_div(F.log_softmax(out / self.T, dim=1), soft, reduction="batchmean")
                loss = self.alpha * self.T**2 * kd + (1 - self.alpha) * F.cross_entropy(out, y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


torch.manual_seed(10)
teacher = Net(128)
for p in teacher.parameters():
    p.data *= 2
x = torch.randn(2000, 16)
y = teacher(x).argmax(1)
Distiller(teacher, Net(24)).fit(DataLoader(TensorDataset(x, y), 64, shuffle=True), 9)
