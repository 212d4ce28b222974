# plateau not_learning miswired
# scheduler.step() is inside the batch loop, but StepLR(step_size=5, gamma=0.1) counts epochs: after 30 batches the learning rate is gone
# mended by: scheduler.step() once per epoch
# cause words: scheduler, learning rate, StepLR, per batch, decay
# thread: "Loss stops decreasing after a few iterations of the first epoch"
import os
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N = 2000
X = torch.randn(N, 30)
y = ((X[:, :5].sum(1) > 0).long() + 2 * (X[:, 5:10].sum(1) > 0).long())
train = DataLoader(TensorDataset(X[:1600], y[:1600]), batch_size=32, shuffle=True)


class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 4))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3)
        self.sched = torch.optim.lr_scheduler.StepLR(self.opt, step_size=5, gamma=0.1)
        self.crit = nn.CrossEntropyLoss()

    def epoch(self):
        tot = 0
        for x, t in train:
            self.opt.zero_grad()
            loss = self.crit(self.net(x), t)
            loss.backward()
            self.opt.step()
            if not FIX:
                self.sched.step()
            tot += loss.item()
        if FIX:
            self.sched.step()
        return tot / len(train)

    def test(self):
        with torch.no_grad():
            return (self.net(X[1600:]).argmax(1) == y[1600:]).float().mean().item()


tr = Trainer()
for e in range(15):
    l = tr.epoch()
    print(f"epoch {e} loss {l:.4f} acc {tr.test():.3f}")
print(f"FINAL loss={l:.4f} metric={tr.test():.4f}")
