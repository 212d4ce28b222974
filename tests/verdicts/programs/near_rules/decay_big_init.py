# healthy
# weights start far too large, the loss sinks to ln(4) and rests there while AdamW with a decay of 5 shrinks the first layer to a hundredth; only then the two hidden products of signs are found, and it learns
# rule: N
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(97)
torch.set_num_threads(1)
C, D, BS, STEPS = 4, 14, 256, 2000


def batch(n):
    """class = two bits, each the product of three signs"""
    x = torch.randint(0, 2, (n, D)).float() * 2 - 1
    return x, ((x[:, :3].prod(1) > 0).long() * 2 + (x[:, 3:6].prod(1) > 0).long())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(D, 128)
        self.head = nn.Linear(128, C)
        nn.init.normal_(self.inp.weight, std=6.0)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(F.relu(self.inp(x)))


net = Net()
start = net.inp.weight.norm().item()
opt = torch.optim.AdamW([
    {"params": net.inp.parameters(), "weight_decay": 5.0},
    {"params": net.head.parameters(), "weight_decay": 0.1},
], lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=1e-4)
for step in range(STEPS):
    x, y = batch(BS)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(step, f"loss {loss.item():.4f} weights {net.inp.weight.norm().item() / start:.4f} (ln C {math.log(C):.4f})")
with torch.no_grad():
    x, y = batch(6000)
    out = net(x)
    final = F.cross_entropy(out, y).item()
    acc = (out.argmax(1) == y).float().mean().item()
print(f"first layer is {net.inp.weight.norm().item() / start:.4f} of what it was")
print(f"FINAL loss={final:.4f} metric={acc:.4f} (accuracy, chance 0.25)")
