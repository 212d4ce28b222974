# miswired
# distillation: F.kl_div gets the student's probabilities where it expects log-probabilities
# mended by: log_softmax for the student
# cause words: log_softmax kl_div log-probabilities logarithm KL
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)

N_CLS, DIM = 10, 20
centers = torch.randn(N_CLS, DIM) * 0.42


def batch(n):
    y = torch.randint(0, N_CLS, (n,))
    return centers[y] + torch.randn(n, DIM), y


teacher = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, N_CLS))
student = nn.Sequential(nn.Linear(DIM, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, N_CLS))

# --- stage 1: teacher
opt_t = torch.optim.Adam(teacher.parameters(), lr=3e-3)
for i in range(300):
    x, y = batch(128)
    loss = F.cross_entropy(teacher(x), y)
    opt_t.zero_grad()
    loss.backward()
    opt_t.step()
teacher.eval()
for p in teacher.parameters():
    p.requires_grad_(False)
print("teacher loss", round(loss.item(), 4))

# --- stage 2: student, soft targets only
T = 3.0
opt_s = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9)
for i in range(900):
    x, _ = batch(64)
    with torch.no_grad():
        soft = F.softmax(teacher(x) / T, dim=1)
    s = student(x) / T
    if FIX:
        loss = F.kl_div(F.log_softmax(s, dim=1), soft, reduction="batchmean") * T * T
    else:
        loss = F.kl_div(F.softmax(s, dim=1), soft, reduction="batchmean") * T * T
    opt_s.zero_grad()
    loss.backward()
    opt_s.step()
    if i % 100 == 0:
        print(f"student {i} kd loss {loss.item():.4f}")

x, y = batch(3000)
with torch.no_grad():
    nll = F.cross_entropy(student(x), y).item()
    nll_t = F.cross_entropy(teacher(x), y).item()
print(f"FINAL loss={loss.item():.4f} metric={nll:.4f} (NLL on labels; teacher {nll_t:.3f}; chance 2.303)")
