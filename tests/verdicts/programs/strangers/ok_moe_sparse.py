# healthy
# top-1 mixture of 16 experts with batches of 16: most experts have no gradient (None or zero) in most steps, by design
import torch
import torch.nn as nn

torch.manual_seed(48)
E, D = 16, 6
centres = torch.randn(E, D) * 3
maps = torch.randn(E, D, 3)


def make(n):
    k = torch.randint(0, E, (n,))
    x = centres[k] + 0.3 * torch.randn(n, D)
    return x, torch.einsum("nd,nde->ne", x, maps[k]) / 3


class SwitchMoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(D, E)
        with torch.no_grad():  # start the router from k-means centres
            self.gate.weight.copy_(centres)
            self.gate.bias.copy_(-0.5 * centres.pow(2).sum(1))
        self.experts = nn.ModuleList(nn.Linear(D, 3) for _ in range(E))

    def forward(self, x):
        p, k = self.gate(x).softmax(1).max(1)
        out = x.new_zeros(len(x), 3)
        for e in k.unique().tolist():
            m = k == e
            out[m] = p[m, None] * self.experts[e](x[m])
        return out


net = SwitchMoE()
opt = torch.optim.Adam([{"params": net.experts.parameters(), "lr": 2e-2}, {"params": net.gate.parameters(), "lr": 1e-4}])
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=1200)
for step in range(1200):
    x, y = make(16)
    loss = (net(x) - y).pow(2).mean()
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        used = sum(e.weight.grad is not None for e in net.experts)
        print(f"step {step} loss {loss.item():.4f} experts with a gradient {used}")
x, y = make(3000)
with torch.no_grad():
    r2 = 1 - ((net(x) - y).pow(2).mean() / y.var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2, more is better)")
