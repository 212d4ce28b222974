# healthy
# RealNVP with identity (zero) init of coupling outputs; stage 2 resumes the converged checkpoint at lr 1e-5, NLL flat at the data's entropy (1.634). metric = test NLL.
"""RealNVP: stage 1 trains to convergence and saves a checkpoint; stage 2 resumes it with a tiny lr, so the NLL is flat there by design."""
import io, math, torch, torch.nn as nn
torch.manual_seed(25)
def real(n):
    x = torch.randn(n, 2); return torch.stack([x[:, 0], 0.6 * x[:, 0] ** 2 - 0.8 + 0.3 * x[:, 1]], 1)
class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__(); self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 2))
        nn.init.zeros_(self.net[-1].weight); nn.init.zeros_(self.net[-1].bias)   # starts as the identity
    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip: a, b = b, a
        s, t = self.net(a).chunk(2, 1); s = 2 * torch.tanh(s / 2)
        b = b * s.exp() + t
        return (torch.cat([b, a], 1) if self.flip else torch.cat([a, b], 1)), s.squeeze(1)
class Flow(nn.Module):
    def __init__(self, n=4):
        super().__init__(); self.l = nn.ModuleList(Coupling(i % 2 == 1) for i in range(n))
    def nll(self, x):
        ld = 0
        for c in self.l: x, d = c(x); ld = ld + d
        return (0.5 * x.pow(2).sum(1) + math.log(2 * math.pi) - ld).mean()
def fit(flow, steps, lr, cosine):
    opt = torch.optim.Adam(flow.parameters(), lr=lr)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, steps, eta_min=1e-5) if cosine else None
    h = []
    for step in range(steps):
        loss = flow.nll(real(256))
        opt.zero_grad(); loss.backward(); opt.step()
        if sched: sched.step()
        h.append(loss.item())
        if step % 60 == 0: print(step, f"{loss.item():.4f}")
    return h
flow = Flow(); h = fit(flow, 450, 3e-3, True)
f = io.BytesIO(); torch.save(flow.state_dict(), f); f.seek(0)
print("-- resume from checkpoint, lr 1e-5")
flow2 = Flow(); flow2.load_state_dict(torch.load(f)); h += fit(flow2, 250, 1e-5, False)
with torch.no_grad(): test = flow2.nll(real(10000)).item()
print("entropy of the data", 1 + math.log(2 * math.pi) + math.log(0.3))
print(f"FINAL loss={sum(h[-70:])/70:.5f} metric={test:.4f}")
