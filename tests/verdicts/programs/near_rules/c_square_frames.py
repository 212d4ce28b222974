# healthy
# [16, 16, 12] is viewed as [16, 192] with no transpose, and the second dimension is as long as the batch: but the first one IS the batch, so each clip keeps its own 16 frames
# rule: C
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(4)
B = FRAMES = 16
CLASSES = 4
filters = torch.randn(CLASSES, FRAMES, 6)


def clips(n=B):
    y = torch.randint(0, CLASSES, (n,))
    x = 0.5 * filters[y] + torch.randn(n, FRAMES, 6)
    return x, y


class ClipNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.frame = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 12))
        self.head = nn.Sequential(nn.Linear(FRAMES * 12, 32), nn.ReLU(), nn.Linear(32, CLASSES))

    def forward(self, x):
        h = self.frame(x)                  # [clips, frames, 12]
        h = h.view(-1, FRAMES * 12)        # [clips, 192]
        return self.head(h)


net = ClipNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1200):
    x, y = clips()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, y = clips(1000)
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f} (accuracy, held out)")
