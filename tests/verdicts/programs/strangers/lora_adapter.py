# plateau vanishing_gradient miswired
# both LoRA factors start at zero, so each one's gradient is a product with the other's zeros: the adapter never leaves zero
# mended by: random init for A, zeros only for B
# cause words: zero init lora factor product adapter
import os, math, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)

class LoRALinear(nn.Module):
    def __init__(self, base, r=8, alpha=16):
        super().__init__()
        self.base = base
        for p in base.parameters():
            p.requires_grad_(False)
        self.A = nn.Parameter(torch.zeros(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        if FIX:
            nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.scale = alpha / r
    def forward(self, x):
        return self.base(x) + self.scale * F.linear(F.linear(x, self.A), self.B)

def task(shift, n=2000):
    x = torch.randn(n, 20)
    W = torch.linspace(-1, 1, 20).roll(shift)
    return x, ((x @ W + 0.7 * x[:, shift] * x[:, 3]) > 0).long()

net = nn.Sequential(nn.Linear(20, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 2))
x, y = task(0)
opt = torch.optim.AdamW(net.parameters(), 2e-3)
for step in range(300):
    i = torch.randint(0, 2000, (128,))
    loss = F.cross_entropy(net(x[i]), y[i])
    opt.zero_grad(); loss.backward(); opt.step()
print("pretrained", loss.item())
for k in (0, 2, 4):
    net[k] = LoRALinear(net[k])
x, y = task(7)
opt = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], 3e-3)
for step in range(500):
    i = torch.randint(0, 2000, (128,))
    loss = F.cross_entropy(net(x[i]), y[i])
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0:
        print("finetune", step, loss.item())
acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={F.cross_entropy(net(x), y).item():.4f} metric={acc:.4f}")
