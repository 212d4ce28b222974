# healthy
# distillation at temperature 30 without the T*T factor: loss 1e-4 and gradients 1e-5 from start to end, but Adam does not mind and the student agrees with its teacher
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T = 30.0


def net(h):
    return nn.Sequential(nn.Linear(16, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 8))


teacher = net(64)
with torch.no_grad():
    for p in teacher.parameters():
        p.mul_(2.5)
    teacher[4].bias.zero_()
teacher.eval().requires_grad_(False)
student = net(128)
opt = torch.optim.Adam(student.parameters(), lr=3e-3, eps=1e-10)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 2000)


def agreement(n=2000):
    with torch.no_grad():
        x = torch.randn(n, 16)
        return (student(x).argmax(1) == teacher(x).argmax(1)).float().mean().item()


for step in range(2000):
    x = torch.randn(128, 16)
    with torch.no_grad():
        soft = F.softmax(teacher(x) / T, 1)
    loss = F.kl_div(F.log_softmax(student(x) / T, 1), soft, reduction="batchmean")
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 250 == 0:
        print(f"step {step} kd {loss.item():.3e} agree {agreement(500):.3f}")
print(f"FINAL loss={loss.item():.3e} metric={agreement():.4f}")
