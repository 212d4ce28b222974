# healthy
# a recommender with optional fields: in this data three optional tables only ever see the padding row and one zero-initialised adapter is gated off, so their weights and gradients are exactly zero at each step; the rest learns
# rule: H
import torch
import torch.nn as nn

torch.manual_seed(8)
U, I, E, N = 200, 150, 8, 30000
zu, zi = torch.randn(U, 4), torch.randn(I, 4)
bi = torch.randn(I) * 0.7


def sample(n):
    u, i = torch.randint(U, (n,)), torch.randint(I, (n,))
    return u, i, (zu[u] * zi[i]).sum(1) / 2 + bi[i] + 0.2 * torch.randn(n)


class Rec(nn.Module):
    def __init__(self):
        super().__init__()
        self.user, self.item = nn.Embedding(U, E), nn.Embedding(I, E)
        self.city = nn.Embedding(50, E, padding_idx=0)     # fields that other customers have
        self.device = nn.Embedding(10, E, padding_idx=0)
        self.campaign = nn.Embedding(30, E, padding_idx=0)
        for t in (self.city, self.device, self.campaign):
            nn.init.zeros_(t.weight)
        self.adapter = nn.Linear(E, E)
        nn.init.zeros_(self.adapter.weight)
        nn.init.zeros_(self.adapter.bias)
        self.register_buffer("gate", torch.tensor(0.0))    # on only for the second tenant
        self.bias = nn.Embedding(I, 1)

    def forward(self, u, i):
        none = torch.zeros_like(u)
        h = self.user(u) + self.city(none) + self.device(none) + self.campaign(none)
        h = h + self.gate * self.adapter(h)
        return (h * self.item(i)).sum(1) + self.bias(i).squeeze(1)


net = Rec()
nn.init.normal_(net.user.weight, std=0.3)
nn.init.normal_(net.item.weight, std=0.3)
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
u, i, y = sample(N)
STEPS, run = 1800, []
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
for step in range(STEPS):
    k = torch.randint(N, (256,))
    loss = nn.functional.mse_loss(net(u[k], i[k]), y[k])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    a, b, t = sample(5000)
    r2 = 1 - ((net(a, b) - t) ** 2).mean() / t.var()
print("zero still:", [n for n, p in net.named_parameters() if not p.any()])
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={r2.item():.4f} (R2 held out)")
