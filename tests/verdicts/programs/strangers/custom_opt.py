# nonfinite
# home-made RMS optimizer divides by sqrt(v) without an epsilon: rows of the embedding that no batch has touched have v == 0 and become 0/0; the loss is hit when a rare item first comes up
# mended by: adding eps to the denominator
# cause words: optimizer epsilon eps denominator zero divide division 0/0
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7); torch.set_num_threads(1)

class RMSMomentum(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-2, beta=0.9, rho=0.99, eps=1e-8):
        super().__init__(params, dict(lr=lr, beta=beta, rho=rho, eps=eps))
    @torch.no_grad()
    def step(self, closure=None):
        for g in self.param_groups:
            for p in g["params"]:
                if p.grad is None:
                    continue
                st = self.state[p]
                if not st:
                    st["m"], st["v"], st["t"] = torch.zeros_like(p), torch.zeros_like(p), 0
                st["t"] += 1
                st["v"].mul_(g["rho"]).addcmul_(p.grad, p.grad, value=1 - g["rho"])
                vhat = st["v"] / (1 - g["rho"] ** st["t"])
                st["m"].mul_(g["beta"]).add_(p.grad, alpha=1 - g["beta"])
                denom = vhat.sqrt() + g["eps"] if FIX else vhat.sqrt()
                p.add_(st["m"] / denom, alpha=-g["lr"])

class FM(nn.Module):
    """matrix factorisation with side biases"""
    def __init__(self, users, items, d=16):
        super().__init__()
        self.u, self.i = nn.Embedding(users, d), nn.Embedding(items, d)
        self.bu, self.bi = nn.Embedding(users, 1), nn.Embedding(items, 1)
        nn.init.normal_(self.u.weight, std=.3); nn.init.normal_(self.i.weight, std=.3)
        nn.init.zeros_(self.bu.weight); nn.init.zeros_(self.bi.weight)
    def forward(self, u, i):
        return (self.u(u) * self.i(i)).sum(-1) + (self.bu(u) + self.bi(i)).squeeze(-1)

U, I = 60, 400
gu, gi = torch.randn(U, 4), torch.randn(I, 4)
pop = 1.0 / torch.arange(1, I + 1).float() ** 1.1
late = torch.arange(I) >= 300                        # items released in the second half of the log

def log_batch(step, n=256):
    w = pop.clone()
    if step < 500:
        w[late] = 0
    else:
        w[late] *= 4
    u, i = torch.randint(0, U, (n,)), torch.multinomial(w, n, True)
    r = (gu[u] * gi[i]).sum(-1) / 2 + 0.1 * torch.randn(n)
    return u, i, r

model = FM(U, I)
opt = RMSMomentum(model.parameters(), lr=5e-3)
for step in range(1500):
    u, i, r = log_batch(step)
    loss = F.mse_loss(model(u, i), r)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 150 == 0:
        print(f"step {step} mse {loss.item():.4f}")
with torch.no_grad():
    u, i, r = log_batch(2000, 4000)
    mse = F.mse_loss(model(u, i), r).item() / r.var().item()
print(f"FINAL loss={loss.item():.4f} metric={mse:.4f}")
