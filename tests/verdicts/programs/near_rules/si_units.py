# healthy
# the parameters are physical constants in SI units (picofarad, millihenry): the gradients are 1e7 to 1e11 at losses of 1e-2 to 1e-4, and the rates of learning fit these units, so the fit converges
# rule: H
import torch
from torch import nn

torch.manual_seed(53)
torch.set_num_threads(1)
R, C_TRUE, L_TRUE = 5.0e4, 2.2e-12, 4.7e-3     # the resistor is known
freq = torch.logspace(5, 7, 20000)             # 100 kHz to 10 MHz
BS, STEPS, NOISE = 256, 1800, 0.01


def transfer(omega, c, l):
    """Magnitude of a series RLC low pass."""
    re = 1 - omega ** 2 * l * c
    im = omega * R * c
    return 1 / torch.sqrt(re ** 2 + im ** 2)


omega = 2 * torch.pi * freq
measured = transfer(omega, C_TRUE, L_TRUE) + NOISE * torch.randn(len(freq))


class Circuit(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Parameter(torch.tensor(1.2e-12))
        self.l = nn.Parameter(torch.tensor(7.0e-3))

    def forward(self, om):
        return transfer(om, self.c, self.l)


net = Circuit()
opt = torch.optim.Adam([
    {"params": [net.c], "lr": 1e-14},
    {"params": [net.l], "lr": 3e-5},
], eps=1e-12)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
for step in range(STEPS):
    i = torch.randint(0, len(freq), (BS,))
    loss = ((net(omega[i]) - measured[i]) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    if step % 150 == 0:
        gn = sum(p.grad.item() ** 2 for p in net.parameters()) ** 0.5
        print(step, f"loss {loss.item():.3e} grad {gn:.3e} ratio {gn / loss.item() ** 0.5:.2e}")
    opt.step()
    sched.step()
err = max(abs(net.c.item() / C_TRUE - 1), abs(net.l.item() / L_TRUE - 1))
print(f"C {net.c.item():.4e} L {net.l.item():.4e}")
print(f"FINAL loss={loss.item():.3e} metric={1 - err:.5f} (1 - largest relative error of a constant; noise floor {NOISE ** 2:.0e})")
