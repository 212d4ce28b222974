# not_learning plateau miswired
# the noise is drawn a second time for the loss: the network is asked to predict noise that is not in its input
# mended by: comparing with the noise that was added
# cause words: noise fresh second randn_like drawn target
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(22)
T_STEPS, LR, ITERS, BATCH = 100, 2e-3, 1500, 128
betas = torch.linspace(1e-4, 0.08, T_STEPS)
alpha_bar = torch.cumprod(1 - betas, 0)
class NoisePredictor(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.temb = nn.Embedding(T_STEPS, 32)
        self.net = nn.Sequential(nn.Linear(2 + 32, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
    def forward(self, x, t): return self.net(torch.cat([x, self.temb(t)], 1))
class Diffusion:
    def __init__(self, model): self.model = model
    def q_sample(self, x0, t, noise=None):
        noise = torch.randn_like(x0) if noise is None else noise
        ab = alpha_bar[t].unsqueeze(1)
        return ab.sqrt() * x0 + (1 - ab).sqrt() * noise
    def loss(self, x0):
        t = torch.randint(0, T_STEPS, (x0.shape[0],))
        noise = torch.randn_like(x0)
        x_t = self.q_sample(x0, t, noise if FIX else None)
        return nn.functional.mse_loss(self.model(x_t, t), noise)
    @torch.no_grad()
    def sample(self, n):
        x = torch.randn(n, 2)
        for k in reversed(range(T_STEPS)):
            e = self.model(x, torch.full((n,), k))
            x = (x - betas[k] / (1 - alpha_bar[k]).sqrt() * e) / (1 - betas[k]).sqrt()
            if k: x = x + betas[k].sqrt() * torch.randn(n, 2)
        return x
def data(n):
    a = 2 * math.pi * torch.rand(n)
    return 1.5 * torch.stack([a.cos(), a.sin()], 1)
diff = Diffusion(NoisePredictor())
opt = torch.optim.Adam(diff.model.parameters(), lr=LR)
avg = 1.0
for it in range(ITERS):
    loss = diff.loss(data(BATCH))
    opt.zero_grad(); loss.backward(); opt.step()
    avg = 0.98 * avg + 0.02 * loss.item()
    if it % 300 == 0: print(f"it {it} loss {avg:.4f}")
r = (diff.sample(500).norm(dim=1) - 1.5).abs().mean().item()
print(f"FINAL loss={avg:.4f} metric={r:.4f}")
