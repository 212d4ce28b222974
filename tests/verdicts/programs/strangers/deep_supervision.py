# healthy
# Segmentation of 1-d signals with auxiliary outputs and early stopping on a validation set.
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(79)


def signals(n, length=48):
    s, w = torch.randint(4, 30, (n, 1)), torch.randint(5, 14, (n, 1))
    pos = torch.arange(length)
    mask = ((pos >= s) & (pos < s + w)).float()
    return (mask * torch.sin(pos * 1.3) * 1.6 + 0.6 * torch.randn(n, length)).unsqueeze(1), mask


class UNet1d(nn.Module):
    def __init__(self, c=12):
        super().__init__()
        self.enc1 = nn.Conv1d(1, c, 5, padding=2)
        self.enc2 = nn.Conv1d(c, 2 * c, 5, padding=2, stride=2)
        self.mid = nn.Conv1d(2 * c, 2 * c, 5, padding=2)
        self.dec = nn.Conv1d(3 * c, c, 5, padding=2)
        self.out = nn.Conv1d(c, 1, 1)
        self.aux = nn.Conv1d(2 * c, 1, 1)

    def forward(self, x):
        a = F.relu(self.enc1(x))
        b = F.relu(self.mid(F.relu(self.enc2(a))))
        up = F.interpolate(b, scale_factor=2, mode='linear', align_corners=False)
        d = F.relu(self.dec(torch.cat([a, up], 1)))
        return self.out(d).squeeze(1), self.aux(b).squeeze(1)


net, best, patience, bad = UNet1d(), None, 5, 0
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
xv, mv = signals(300)
bce = F.binary_cross_entropy_with_logits
for step in range(1, 501):
    x, m = signals(24)
    out, aux = net(x)
    loss = bce(out, m) + 0.4 * bce(aux, F.avg_pool1d(m.unsqueeze(1), 2).squeeze(1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        net.eval()
        with torch.no_grad():
            o = net(xv)[0]
            val = bce(o, mv).item()
            inter = ((o > 0) & (mv > 0)).sum() / ((o > 0) | (mv > 0)).sum()
        net.train()
        print(f'{step} loss {loss.item():.4f} val {val:.4f} iou {inter.item():.3f}')
        if best is None or val < best[0] - 1e-4:
            best, bad = (val, copy.deepcopy(net.state_dict())), 0
        else:
            bad += 1
            if bad == patience:
                print('early stop, best', round(best[0], 4))
                break
