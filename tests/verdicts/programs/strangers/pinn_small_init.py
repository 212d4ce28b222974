# vanishing_gradient
# PINN with eight hidden layers, every weight drawn with std 0.02 (copied from a transformer recipe, no residuals or norms): the signal and the gradients die on the way
# mended by: Xavier initialisation
# cause words: initialisation vanish small std xavier
import os
import math
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class PINN(nn.Module):
    def __init__(self, width=32, depth=8):
        super().__init__()
        dims = [1] + [width] * depth + [1]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(dims, dims[1:]))
        for m in self.layers:
            if FIX:
                nn.init.xavier_normal_(m.weight, gain=5 / 3 if m.out_features > 1 else 1)
            else:
                nn.init.normal_(m.weight, std=0.02)
            nn.init.zeros_(m.bias)

    def forward(self, x):
        for m in self.layers[:-1]:
            x = torch.tanh(m(x))
        return self.layers[-1](x)


net = PINN()
opt = torch.optim.SGD(net.parameters(), lr=2e-3, momentum=0.9)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    x = (torch.rand(64, 1) * 2 - 1).requires_grad_(True)
    u = net(x)
    du, = torch.autograd.grad(u.sum(), x, create_graph=True)
    res = du - math.pi * torch.cos(math.pi * x)
    loss = (res ** 2).mean() + 10 * (net(torch.zeros(1, 1)) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 20.0)
    opt.step()
    sched.step()
    if step % 250 == 0:
        print(step, loss.item())
with torch.no_grad():
    x = torch.linspace(-1, 1, 200)[:, None]
    err = (net(x) - torch.sin(math.pi * x)).abs().mean()
print(f"FINAL loss={loss.item():.4f} metric={err.item():.4f}")
