# plateau not_learning vanishing_gradient
# Adam(weight_decay=0.5): the L2 term is larger than every gradient, the weights shrink to nothing and the loss stays at ln 8
# mended by: weight_decay=1e-4
# cause words: weight_decay decay regularisation L2
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
C = 8
freqs = torch.linspace(2, 12, C)
t = torch.linspace(0, 1, 64)


def sounds(n):
    y = torch.randint(0, C, (n,))
    ph = torch.rand(n, 1) * 6.28
    x = torch.sin(6.28 * freqs[y][:, None] * t + ph) + 0.5 * torch.randn(n, 64)
    return x[:, None], y


class Conv1dNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 16, 9, padding=4)
        self.c2 = nn.Conv1d(16, 32, 9, padding=4)
        self.fc = nn.Linear(32, C)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.c1(x)), 2)
        x = F.relu(self.c2(x)).mean(2)
        return self.fc(x)


net = Conv1dNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-4 if FIX else 0.5)
log = []
for step in range(700):
    x, y = sounds(48)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    log.append(loss.item())
    if step % 100 == 0:
        print(f"{step} {loss.item():.4f} |w|={sum(p.norm().item() for p in net.parameters()):.3f}")
x, y = sounds(800)
acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(log[-50:]) / 50:.4f} metric={acc:.4f}")
