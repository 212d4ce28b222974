# healthy
# the denoising loss falls fast to a high floor (noise that no model can know) and is flat and noisy ever after; the samples are good
import torch
import torch.nn as nn

torch.manual_seed(49)


def data(n):
    k = torch.randint(0, 5, (n,)) * (2 * torch.pi / 5)
    return torch.stack([k.cos(), k.sin()], 1) * 1.3 + 0.15 * torch.randn(n, 2)


net = nn.Sequential(nn.Linear(4, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 2))
ema = {k: v.clone() for k, v in net.state_dict().items()}
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
velocity = lambda x, t: net(torch.cat([x, t, (6.28 * t).sin()], 1))
for step in range(2000):  # flow matching
    x1, x0, t = data(128), torch.randn(128, 2), torch.rand(128, 1)
    xt = (1 - t) * x0 + t * x1
    loss = (velocity(xt, t) - (x1 - x0)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for k, v in net.state_dict().items():
            ema[k].lerp_(v, 0.01)
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.4f}")
net.load_state_dict(ema)
with torch.no_grad():
    x = torch.randn(1000, 2)
    for i in range(50):
        x = x + velocity(x, torch.full((1000, 1), i / 50)) / 50
    r = data(1000)
    ed = (2 * torch.cdist(x, r).mean() - torch.cdist(x, x).mean() - torch.cdist(r, r).mean()).item()
print(f"FINAL loss={loss.item():.4f} metric={ed:.4f} (energy distance, less is better)")
