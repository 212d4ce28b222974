# plateau not_learning
# ReduceLROnPlateau(mode="max") is fed the validation loss: a falling loss counts as no improvement and the rate is cut to nothing within a few checks
# mended by: mode="min"
# cause words: ReduceLROnPlateau scheduler mode lr rate
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(67)


def series(n):
    """three kinds of noisy waves, 1-D convolution"""
    y = torch.randint(0, 4, (n,))
    t = torch.arange(48) / 48
    f = torch.tensor([3.0, 4.0, 5.0, 6.0])[y][:, None]
    return (torch.sin(6.283 * (f * t + torch.rand(n, 1))) + 0.6 * torch.randn(n, 48))[:, None], y


class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Conv1d(1, 16, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 16, 9, padding=4),
                                 nn.ReLU(), nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(64, 4))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=3e-4)
        self.sch = torch.optim.lr_scheduler.ReduceLROnPlateau(self.opt, mode="min" if FIX else "max", factor=0.1, patience=1)
        self.val = series(500)

    def check(self):
        self.net.eval()
        with torch.no_grad():
            o = self.net(self.val[0])
        self.net.train()
        return F.cross_entropy(o, self.val[1]).item(), (o.argmax(1) == self.val[1]).float().mean().item()

    def run(self, steps=1600, every=40):
        for s in range(1, steps + 1):
            x, y = series(32)
            loss = F.cross_entropy(self.net(x), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if s % every == 0:
                vl, va = self.check()
                self.sch.step(vl)
                if s % 200 == 0:
                    print(f"{s} train {loss.item():.4f} val {vl:.4f} acc {va:.3f} lr {self.opt.param_groups[0]['lr']:.1e}")
        print(f"FINAL loss={vl:.4f} metric={va:.3f}")


Trainer().run()
