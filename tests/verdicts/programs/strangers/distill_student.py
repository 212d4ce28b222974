# miswired output_cannot_change plateau not_learning
# The student gives shape (N,) and the teacher (N, 1): the squared error broadcasts to N by N, so the student learns the mean only.
# mended by: Flatten the teacher's output so that the shapes agree.
import os
import torch, torch.nn as nn, torch.nn.functional as F

torch.manual_seed(0)
D = 12
w = torch.randn(D, 4)


def draw(n):
    x = torch.randn(n, D)
    h = x @ w / D ** 0.5
    return x, torch.tanh(2 * h[:, :1]) + 0.5 * h[:, 1:2] * h[:, 2:3] + h[:, 3:]


teacher = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))
xt, yt = draw(1000)
opt = torch.optim.Adam(teacher.parameters(), 2e-3)
for _ in range(150):
    x, y = draw(128)
    loss = F.mse_loss(teacher(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
teacher.eval().requires_grad_(False)
print('teacher test mse', F.mse_loss(teacher(xt), yt).item(), 'variance', yt.var().item())


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(D, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.score = nn.Linear(32, 1)

    def forward(self, x):
        return self.score(self.body(x)).flatten()


student = Student()
opt = torch.optim.Adam(student.parameters(), lr=3e-3)
for step in range(400):
    x, _ = draw(96)
    with torch.no_grad():
        soft = teacher(x)
        if os.environ.get('FIX'):
            soft = soft.flatten()
    loss = F.mse_loss(student(x), soft)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 40 == 0 or step == 399:
        with torch.no_grad():
            s = student(xt)
        print(f'step {step} kd loss {loss.item():.4f} student test mse {F.mse_loss(s, yt.flatten()).item():.4f} student std {s.std().item():.4f}')
