# nonfinite
# kl_div gets the teacher's raw logits as target (not probabilities): t*log(t) of negative numbers is NaN while the gradients stay finite
# mended by: softmax of the teacher's logits at the same temperature
# cause words: teacher logits softmax probabilities kl_div negative
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
D, C = 20, 8
protos = torch.randn(C, D) * 1.2


def sample(n):
    y = torch.randint(0, C, (n,))
    return protos[y] + torch.randn(n, D), y


teacher = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, C))
student = nn.Sequential(nn.Linear(D, 16), nn.ReLU(), nn.Linear(16, C))
topt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
print("training teacher")
for i in range(250):
    x, y = sample(128)
    l = F.cross_entropy(teacher(x), y)
    topt.zero_grad(); l.backward(); topt.step()
print("teacher loss", l.item())
teacher.eval().requires_grad_(False)


def kd_loss(s_logits, t_logits, y, T=3.0, alpha=0.7):
    log_p = F.log_softmax(s_logits / T, dim=1)
    q = F.softmax(t_logits / T, dim=1) if FIX else t_logits / T
    soft = F.kl_div(log_p, q, reduction="batchmean") * T * T
    hard = F.cross_entropy(s_logits, y)
    return alpha * soft + (1 - alpha) * hard, hard


opt = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9)
for step in range(600):
    x, y = sample(64)
    with torch.no_grad():
        t = teacher(x)
    loss, hard = kd_loss(student(x), t, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} kd {loss.item():.4f} hard {hard.item():.4f}")
x, y = sample(2000)
out = student(x)
print(f"FINAL loss={loss.item():.4f} metric={F.cross_entropy(out, y).item():.3f}")
