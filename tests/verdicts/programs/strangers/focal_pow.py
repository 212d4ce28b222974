# nonfinite
# focal loss with gamma 0.5: the derivative of (1-p)**0.5 is infinite where p rounds to 1, and inf * 0 gives NaN
# mended by: 1-p is kept above 1e-6
# cause words: pow power focal gamma derivative 1-p
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)


class FocalLoss(nn.Module):
    def __init__(self, gamma=0.5):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, y):
        logp = F.log_softmax(logits, 1).gather(1, y[:, None]).squeeze(1)
        p = logp.exp()
        q = 1 - p
        if FIX:
            q = q.clamp(min=1e-6)
        return -(q ** self.gamma * logp).mean()


def data(n):
    y = (torch.rand(n) < 0.15).long()
    x = torch.randn(n, 12)
    x[:, 0] += 5.0 * y
    x[:, 1:] += 1.2 * y[:, None]
    return x, y


Xtr, Ytr = data(4000)
Xte, Yte = data(1000)
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
crit = FocalLoss()
for step in range(1500):
    i = torch.randint(0, len(Xtr), (64,))
    loss = crit(net(Xtr[i]), Ytr[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} focal {loss.item():.5f}")
with torch.no_grad():
    pred = net(Xte).argmax(1)
rec = ((pred == 1) & (Yte == 1)).sum().item() / (Yte == 1).sum().item()
print(f"FINAL loss={loss.item():.5f} metric={rec:.3f}")
