# miswired exploding_gradient
# distillation with F.kl_div on the student's raw logits (log_softmax left out): the loss has no lower bound and the logits run away
# mended by: log_softmax of the student logits
# cause words: log_softmax kl_div logits log-prob unbounded
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class MLP(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(20, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 5))

    def forward(self, x):
        return self.f(x)


lab = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 5))


def batch(n=128):
    x = torch.randn(n, 20)
    with torch.no_grad():
        return x, lab(3 * x).argmax(1)


teacher = MLP(128)
opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for _ in range(500):
    x, y = batch()
    l = F.cross_entropy(teacher(x), y)
    opt.zero_grad(); l.backward(); opt.step()
teacher.eval().requires_grad_(False)

student = MLP(32)
opt = torch.optim.Adam(student.parameters(), lr=2e-3)
T = 3.0
for step in range(1500):
    x, y = batch()
    soft = F.softmax(teacher(x) / T, dim=1)
    out = student(x) / T
    logq = F.log_softmax(out, dim=1) if FIX else out
    loss = T * T * F.kl_div(logq, soft, reduction="batchmean")
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"step {step} kd loss {loss.item():.4f}")
x, y = batch(2000)
with torch.no_grad():
    kl = F.kl_div(student(x).log_softmax(1), teacher(x).log_softmax(1), reduction="batchmean", log_target=True)
    acc = (student(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f} kl_to_teacher={kl.item():.3f}")
