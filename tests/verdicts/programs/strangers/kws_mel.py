# oscillating_loss saturated not_learning
# SGD with rate 0.5 and momentum 0.9: the steps are much too long; the tanh units are thrown to their ends and the loss jumps at 20 to 90 without progress
# mended by: lr=0.01
# cause words: learning rate too high large steps momentum lr overshoot
import os, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(41)
mel = torch.arange(20.)

def words(n, T=12):
    y = torch.randint(0, 10, (n,))
    f0 = 2 + 1.6 * y.float()[:, None] + 0.4 * torch.randn(n, 1)
    slope = torch.where(y % 2 == 0, 0.35, -0.35)[:, None]
    track = f0 + slope * (torch.arange(T) - T / 2)
    e = torch.exp(-(mel[None, None] - track[..., None]) ** 2 / 3) + 0.3 * torch.rand(n, T, 20)
    return torch.log(e + 1e-2), y

class KWS(nn.Module):
    def __init__(self):
        super().__init__()
        self.frame = nn.Linear(20, 48)
        self.clip = nn.Linear(48 * 12, 64)
        self.word = nn.Linear(64, 10)
    def forward(self, x):
        h = torch.tanh(self.frame(x))
        h = torch.tanh(self.clip(h.flatten(1)))
        return self.word(h)

train = DataLoader(TensorDataset(*words(1600)), batch_size=32, shuffle=True, drop_last=True)
Xv, yv = words(400)
net = KWS()
opt = torch.optim.SGD(net.parameters(), lr=0.01 if FIX else 0.5, momentum=0.9)
for epoch in range(12):
    log = []
    for x, y in train:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        log.append(loss.item())
    print(f"epoch {epoch:2d} mean {sum(log)/len(log):.3f} min {min(log):.3f} max {max(log):.3f}")
with torch.no_grad():
    acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={sum(log)/len(log):.4f} metric={acc:.4f}")
