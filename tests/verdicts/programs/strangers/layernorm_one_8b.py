# output_cannot_change
# the value of each item is normalised by LayerNorm over its last dimension, which has size 1: (x - mean)/std is always 0, so the prediction is a constant and all gradients are 0
# mended by: no normalisation behind the scalar output
# cause words: layernorm, normalisation, size 1, single, constant
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(34)
I, D, L = 60, 16, 6
quality = torch.randn(I, 4)
taste = torch.randn(4)

def sessions(n=64):
    """listening history -> satisfaction score"""
    s = torch.randint(0, I, (n, L))
    y = torch.tanh(quality[s].mean(1) @ taste) + 0.05 * torch.randn(n)
    return s, y

class SessionScorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(I, D)
        self.att = nn.Linear(D, 1)
        self.mlp = nn.Sequential(nn.Linear(D, 32), nn.LayerNorm(32), nn.GELU(), nn.Linear(32, 1))
        self.calib = nn.Identity() if FIX else nn.LayerNorm(1, elementwise_affine=False)
    def forward(self, s):
        e = self.emb(s)
        w = self.att(e).softmax(1)
        return self.calib(self.mlp((w * e).sum(1))).squeeze(-1)

net = SessionScorer()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1000)
best = 9e9
for step in range(1000):
    s, y = sessions()
    loss = F.mse_loss(net(s), y)
    opt.zero_grad(); loss.backward(); opt.step(); sch.step()
    if step % 100 == 0:
        with torch.no_grad():
            vs, vy = sessions(400)
            v = F.mse_loss(net(vs), vy).item()
        best = min(best, v)
        print(f"step {step} train {loss.item():.4f} val {v:.4f} best {best:.4f}")
with torch.no_grad():
    s, y = sessions(1000)
    r2 = 1 - F.mse_loss(net(s), y).item() / y.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.3f}")
