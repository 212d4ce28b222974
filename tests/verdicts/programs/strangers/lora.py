# healthy
# LoRA fine-tuning: the base is frozen on purpose and B starts at zero, so A has exactly zero gradient in the first step
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(42)
D, C = 20, 5
W = torch.randn(D, 32); V = torch.randn(32, C)

class LoRA(nn.Module):
    def __init__(self, base, r=4, alpha=16):
        super().__init__()
        self.base = base
        for p in base.parameters(): p.requires_grad = False
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features ** 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.s = alpha / r
    def forward(self, x): return self.base(x) + self.s * (x @ self.A.t()) @ self.B.t()

def data(n, shift):
    x = torch.randn(n, D)
    return x, (torch.relu(x @ W + shift) @ V).argmax(1)

net = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, C))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(400):
    x, y = data(64, 0.0)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
print("pretrained", round(loss.item(), 4))

shift = 3 * torch.randn(32)
xt, yt = data(1000, shift)
with torch.no_grad(): print("new domain before", (net(xt).argmax(1) == yt).float().mean().item())
for i in (0, 2, 4): net[i] = LoRA(net[i])
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=3e-3)
for step in range(1000):
    x, y = data(64, shift)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0: print(step, round(loss.item(), 4))
with torch.no_grad(): acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
