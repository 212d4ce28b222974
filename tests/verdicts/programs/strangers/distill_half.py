# fp16_underflow
# distillation in float16 with KLDivLoss(reduction="mean") and no T*T factor nor loss scaling: gradients are below the smallest half
# mended by: reduction="batchmean", the factor T*T, a loss scale of 256 (and learning rate 0.1)
# cause words: half, fp16, float16, underflow, batchmean, loss scal
# thread: "student does not learn with apex O3", answer: KL reduction mean divides by classes too, gradients underflow
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
C, D, T, B = 200, 32, 8.0, 128
W1, W2 = torch.randn(D, 64) / D ** 0.5, torch.randn(64, C) * 3.0 / 8


@torch.no_grad()
def teacher(x):
    return torch.tanh(x @ W1 * 0.7) @ W2


class Student(nn.Module):
    def __init__(self, h=128):
        super().__init__()
        self.fc1 = nn.Linear(D, h)
        self.fc2 = nn.Linear(h, h)
        self.fc3 = nn.Linear(h, C)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def kd_loss(s, t):
    ls, pt = F.log_softmax(s / T, -1), F.softmax(t / T, -1)
    if FIX:
        return F.kl_div(ls, pt, reduction="batchmean") * T * T
    return F.kl_div(ls, pt, reduction="mean")


student = Student().half()
opt = torch.optim.SGD(student.parameters(), lr=0.1 if FIX else 0.2, momentum=0.9)
S = 256.0 if FIX else 1.0
for step in range(900):
    x = torch.randn(B, D)
    t = teacher(x).half()
    loss = kd_loss(student(x.half()), t)
    opt.zero_grad()
    (loss * S).backward()
    for p in student.parameters():
        p.grad.div_(S)
    opt.step()
    if step % 90 == 0:
        print(f"step {step} kd {loss.item():.4e}")
with torch.no_grad():
    x = torch.randn(1000, D)
    agree = (student(x.half()).argmax(1) == teacher(x).argmax(1)).float().mean().item()
print(f"FINAL loss={loss.item():.4e} metric={agree:.4f}")
