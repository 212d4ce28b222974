# healthy
# a segmentation net's logits become [pixels, classes] without any copy, as they lie: they are channels_last, so the permute makes them contiguous and the view is right
# rule: E
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(9)
N, H, W, K = 12, 16, 16, 4
yy, xx = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")


def scenes(n=N):
    mask = torch.zeros(n, H, W, dtype=torch.long)
    for c in range(1, K):
        cy, cx = torch.randint(2, H - 2, (n, 1, 1)), torch.randint(2, W - 2, (n, 1, 1))
        mask[((yy - cy).abs() <= 3) & ((xx - cx).abs() <= 3)] = c
    tone = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    img = tone[mask].permute(0, 3, 1, 2) + 0.6 * torch.randn(n, 2, H, W)
    return img.contiguous(memory_format=torch.channels_last), mask


class Seg(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(2, 24, 3, padding=1), nn.ReLU(),
            nn.Conv2d(24, 24, 3, padding=1), nn.ReLU(),
            nn.Conv2d(24, 24, 3, padding=1), nn.ReLU(),
        )
        self.out = nn.Conv2d(24, K, 1)

    def forward(self, x):
        z = self.out(self.body(x)).contiguous(memory_format=torch.channels_last)
        return z.permute(0, 2, 3, 1).view(-1, K)


net = Seg().to(memory_format=torch.channels_last)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(450):
    x, y = scenes()
    loss = F.cross_entropy(net(x), y.view(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, y = scenes(100)
    acc = (net(x).argmax(1) == y.view(-1)).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f} (pixel accuracy, held out)")
