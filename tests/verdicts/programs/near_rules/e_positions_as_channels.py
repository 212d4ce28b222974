# healthy
# a convolution's [n, 6, 6] is reshaped to [n * 6, 6] as it lies, and there are as many positions as classes: but the channels are the positions here and the convolution runs over the classes' scores, so it lies right
# rule: E
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(8)
P = K = 6
gains = torch.rand(P, 1) + 0.5
blur = torch.tensor([0.2, 0.6, -0.4])


def readings(n=48):
    """Six sensors a device; each gives a blurred score for every one of six ordered grades."""
    y = torch.randint(0, K, (n, P))
    hot = F.one_hot(y, K).float() * 3
    x = F.conv1d(hot.reshape(n * P, 1, K), blur.view(1, 1, 3), padding=1).view(n, P, K)
    bleed = x.roll(1, 1) * 0.6                    # each sensor also picks up its neighbour
    return gains * (x + bleed) + 0.25 * torch.randn(n, P, K), y


class Unblur(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(P, 48, 3, padding=1)
        self.c2 = nn.Conv1d(48, 48, 3, padding=1)
        self.c3 = nn.Conv1d(48, P, 3, padding=1)

    def forward(self, x):
        h = F.relu(self.c1(x))
        h = F.relu(self.c2(h))
        return self.c3(h)                         # [n, sensors, grades]


net = Unblur()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(1000):
    x, y = readings()
    loss = F.cross_entropy(net(x).reshape(-1, K), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, y = readings(1000)
    acc = (net(x).argmax(-1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f} (accuracy over 6 grades, held out)")
