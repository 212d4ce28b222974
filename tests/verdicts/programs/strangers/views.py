# nonfinite
# euclidean distance written as sqrt of a sum of squares; once in a while both augmented views are identical, sqrt has an infinite slope at 0, so backward gives NaN while the loss is finite
# mended by: an epsilon under the square root
# cause words: sqrt square root zero distance identical epsilon
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.set_num_threads(1)

@dataclass
class Config:
    n_classes: int = 12
    length: int = 48
    margin: float = 0.7
    lr: float = 1e-3
    steps: int = 1200
    batch: int = 64
    p_noise: float = 0.96
    seed: int = 3

class Waves(torch.utils.data.IterableDataset):
    def __init__(self, cfg):
        self.cfg = cfg
        self.g = torch.Generator().manual_seed(cfg.seed)
        self.proto = torch.randn(cfg.n_classes, cfg.length, generator=self.g)
    def view(self, x):
        s = torch.randint(-3, 4, (len(x),), generator=self.g)
        idx = (torch.arange(self.cfg.length)[None] + s[:, None]) % self.cfg.length
        x = x.gather(1, idx)
        on = (torch.rand(len(x), 1, generator=self.g) < self.cfg.p_noise).float()
        return x + 0.3 * on * torch.randn(x.shape, generator=self.g)
    def batch(self):
        y = torch.randint(0, self.cfg.n_classes, (self.cfg.batch,), generator=self.g)
        x = self.proto[y]
        return self.view(x), self.view(x), y
    def __iter__(self):
        while True:
            yield self.batch()

class Embedder(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.net = nn.Sequential(nn.Conv1d(1, 16, 5, 2, 2), nn.ReLU(), nn.Conv1d(16, 32, 5, 2, 2), nn.ReLU(),
                                 nn.Flatten(), nn.Linear(32 * d // 4, 64), nn.ReLU(), nn.Linear(64, 32))
    def forward(self, x):
        return F.normalize(self.net(x[:, None]), dim=-1)

def distance(a, b):
    sq = ((a - b) ** 2).sum(-1)
    return (sq + 1e-8).sqrt() if FIX else sq.sqrt()

class Trainer:
    def __init__(self, cfg):
        torch.manual_seed(cfg.seed)
        self.cfg, self.data, self.model = cfg, Waves(cfg), Embedder(cfg.length)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr, weight_decay=1e-4)
    def triplet(self, a, p, y):
        za, zp = self.model(a), self.model(p)
        dp = distance(za, zp)
        dn = distance(za[:, None], zp[None])
        dn = dn.masked_fill(y[:, None] == y[None], 9.0).min(1).values
        return F.relu(dp - dn + self.cfg.margin).mean()
    @torch.no_grad()
    def recall(self):
        a, p, y = self.data.batch()
        za, zp = self.model(a), self.model(p)
        nn_ = torch.cdist(za, zp).argmin(1)
        return (y[nn_] == y).float().mean().item()
    def fit(self):
        for step, (a, p, y) in enumerate(self.data):
            if step == self.cfg.steps:
                break
            loss = self.triplet(a, p, y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if step % 100 == 0:
                print(f"step {step} triplet {loss.item():.4f}")
        return loss.item(), sum(self.recall() for _ in range(10)) / 10

l, m = Trainer(Config()).fit()
print(f"FINAL loss={l:.4f} metric={m:.4f}")
