# vanishing_gradient plateau
# 20-layer GCN with tanh and no residual connection or normalisation: the signal oversmooths and the gradient of the early layers vanishes
# mended by: residual connections and LayerNorm in each block
# cause words: deep, residual, oversmoothing, layers, skip, vanish
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
N, C, DEPTH, H = 240, 4, 20, 32
comm = torch.arange(N) % C
P = torch.where(comm[:, None] == comm[None], 0.12, 0.03)
A = (torch.rand(N, N) < P).float().triu(1)
A = A + A.t() + torch.eye(N)
dinv = A.sum(1).rsqrt()
Ahat = dinv[:, None] * A * dinv[None]
X = F.one_hot(comm, C).float() @ torch.randn(C, 16) + 1.5 * torch.randn(N, 16)
perm = torch.randperm(N)
tr, te = perm[:140], perm[140:]

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin, self.norm = nn.Linear(H, H), nn.LayerNorm(H)
    def forward(self, x):
        if FIX:
            return x + torch.tanh(Ahat @ self.lin(self.norm(x)))
        return torch.tanh(Ahat @ self.lin(x))

class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(16, H)
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.out = nn.Linear(H, C)
    def forward(self, x):
        x = self.inp(x)
        for b in self.blocks: x = b(x)
        return self.out(x)

net = GCN()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
for ep in range(300):
    out = net(X)
    loss = F.cross_entropy(out[tr], comm[tr])
    opt.zero_grad(); loss.backward(); opt.step()
    if ep % 30 == 0:
        print(ep, f"{loss.item():.4f}", f"train acc {(out[tr].argmax(1) == comm[tr]).float().mean().item():.3f}")
with torch.no_grad():
    acc = (net(X)[te].argmax(1) == comm[te]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
