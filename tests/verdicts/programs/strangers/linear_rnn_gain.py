# exploding_gradient
# a ReLU RNN over 60 steps whose recurrent matrix is initialised as 1.35 times the identity: gradients grow like 1.35**60
# mended by: scale 1.0 (IRNN initialisation) and clipping at 1
# cause words: recurrent, init, gain, identity, spectral radius, time steps
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(22)
T, H = 40, 32

class IRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.ih, self.hh, self.out = nn.Linear(2, H), nn.Linear(H, H, bias=False), nn.Linear(H, 1)
        nn.init.eye_(self.hh.weight)
        with torch.no_grad():
            self.ih.weight.mul_(0.3); self.ih.bias.zero_()
            if not FIX: self.hh.weight.mul_(1.35)
    def forward(self, x):
        h = torch.zeros(x.shape[0], H)
        for t in range(x.shape[1]):
            h = F.relu(self.ih(x[:, t]) + self.hh(h))
        return self.out(h)

def adding(n=32):
    v = torch.rand(n, T)
    m = torch.zeros(n, T)
    i = torch.randint(0, T // 2, (n,)); j = torch.randint(T // 2, T, (n,))
    m[torch.arange(n), i] = 1; m[torch.arange(n), j] = 1
    return torch.stack([v, m], 2), (v * m).sum(1, keepdim=True)

net = IRNN()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(900):
    x, y = adding()
    loss = F.mse_loss(net(x), y)
    opt.zero_grad(); loss.backward()
    if FIX: nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 100 == 0: print(step, loss.item())
with torch.no_grad():
    x, y = adding(500)
    m = F.mse_loss(net(x), y).item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f}")
