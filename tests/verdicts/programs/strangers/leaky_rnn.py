# vanishing_gradient plateau
# continuous-time RNN (Euler steps): time constant 1.0 at dt 0.5 forgets half of the state each step, so over 60 steps no gradient reaches the cue at the start
# mended by: tau = 60 (the length of the trial)
# cause words: tau time constant leak forget decay memory
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
T, B = 60, 64
TAU = 60.0 if FIX else 1.0


class CTRNN(nn.Module):
    """tau dh/dt = -h + W_in x + tanh(U h); integrated with Euler steps."""
    def __init__(self, nin, d, dt=0.5):
        super().__init__()
        self.win, self.u, self.out = nn.Linear(nin, d), nn.Linear(d, d), nn.Linear(d, 2)
        nn.init.normal_(self.u.weight, std=0.3 / d ** 0.5)
        self.alpha = dt / TAU
        self.d = d

    def forward(self, x):
        h = torch.zeros(x.shape[0], self.d)
        for t in range(x.shape[1]):
            h = h + self.alpha * (-h + torch.tanh(self.u(h)) + self.win(x[:, t]) * (1 / self.alpha) ** 0.5)
        return self.out(h)


def batch(n):
    y = torch.randint(0, 2, (n,))
    x = torch.zeros(n, T, 3)
    x[:, :3, 0] = (2.0 * y - 1)[:, None]           # the cue, in the first three steps
    x[:, 3:, 1] = 0.2 * torch.randn(n, T - 3)       # distractor
    x[:, -1, 2] = 1.0                               # "answer now"
    return x, y


net = CTRNN(3, 48)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(400):
    x, y = batch(B)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 40 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(1000)
    acc = (net(x).argmax(-1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} (accuracy)")
