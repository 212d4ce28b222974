# healthy
# image autoencoder with the squared error summed over 784 pixels and the batch, and brightness that rises over the epochs: gradient norms go from one thousand to twenty thousand and the loss stays above any per-pixel variance
# rule: B
import torch
import torch.nn as nn

torch.manual_seed(7)
g = torch.arange(28).float()


def images(n, gain):
    cx, cy = torch.rand(n, 1, 1) * 16 + 6, torch.rand(n, 1, 1) * 16 + 6
    r = torch.rand(n, 1, 1) * 3 + 2
    d = (g.view(1, 28, 1) - cy) ** 2 + (g.view(1, 1, 28) - cx) ** 2
    return gain * (torch.exp(-d / (2 * r ** 2)) + 0.05 * torch.randn(n, 28, 28)).unsqueeze(1)


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
        self.dec = nn.Sequential(nn.Linear(10, 128), nn.ReLU(), nn.Linear(128, 784))

    def forward(self, x):
        return self.dec(self.enc(x)).view_as(x)


net = AE()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
STEPS = 1500
run = []
for step in range(STEPS):
    gain = 1 + 9 * min(1.0, step / 900)          # exposure grows from 1 to 10
    for gr in opt.param_groups:
        gr["lr"] = 1e-3 * (1 if step < 1000 else (STEPS - step) / 500)
    x = images(64, gain)
    loss = nn.functional.mse_loss(net(x), x, reduction="sum")
    opt.zero_grad()
    loss.backward()
    n = nn.utils.clip_grad_norm_(net.parameters(), float("inf"))
    opt.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.1f} grad norm {n.item():.1f}")
net.eval()
with torch.no_grad():
    x = images(500, 10)
    r2 = 1 - ((net(x) - x) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    best = 1 - 0.25 * x.numel() / ((x - x.mean(0)) ** 2).sum()
print(f"FINAL loss={sum(run[-50:]) / 50:.1f} metric={r2.item():.4f} (explained variance; best about {best.item():.3f})")
