# output_cannot_change saturated
# predictions are clamped to the valid depth range (2..80 m) before the loss; the fresh network starts near 0, below the range, where clamp has no slope
# mended by: clamping only at evaluation
# cause words: clamp range clip valid minimum
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
MIN_DEPTH, MAX_DEPTH = 2.0, 80.0


def scenes(n):
    """Stereo pairs: the right image is shifted, depth is large where the shift is small."""
    left = torch.randn(n, 1, 8, 24)
    disp = torch.randint(1, 7, (n,))
    right = torch.stack([torch.roll(l, -int(d), -1) for l, d in zip(left, disp)])
    return torch.cat([left, right], 1), 24.0 / disp.float()


class DepthNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.reg = nn.Sequential(nn.Linear(9, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        l, r = x[:, :1], x[:, 1:]
        cost = torch.stack([(l * torch.roll(r, k, -1)).mean((1, 2, 3)) for k in range(9)], 1)
        depth = self.reg(cost).squeeze(1)
        return depth if FIX else depth.clamp(MIN_DEPTH, MAX_DEPTH)


def evaluate(net):
    net.eval()
    with torch.no_grad():
        x, d = scenes(400)
        p = net(x).clamp(MIN_DEPTH, MAX_DEPTH)
    return ((p - d).abs() / d).mean().item()


net = DepthNet()
opt = torch.optim.AdamW(net.parameters(), lr=1e-2)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 1e-2, total_steps=700)
for it in range(700):
    net.train()
    x, d = scenes(32)
    loss = F.smooth_l1_loss(net(x), d)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 100 == 0:
        print(f"it {it} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={evaluate(net):.4f}")
