# not_learning miswired plateau
# evaluate() loads the EMA weights into the model every 4 steps and never restores the raw ones, so the trained weights are overwritten by a slow average (decay 0.998).
# mended by: ema.restore(model) after evaluation
"""GRU forecaster with an exponential moving average of weights for evaluation."""
import copy
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(26)


class Forecaster(nn.Module):
    def __init__(self, h=24):
        super().__init__()
        self.rnn = nn.GRU(1, h, batch_first=True)
        self.head = nn.Linear(h, 1)

    def forward(self, x):
        o, _ = self.rnn(x)
        return self.head(o[:, -1]).squeeze(-1)


class EMA:
    def __init__(self, model, decay=0.998):
        self.shadow = copy.deepcopy(model.state_dict())
        self.decay = decay
        self.backup = None

    def update(self, model):
        for k, v in model.state_dict().items():
            self.shadow[k].mul_(self.decay).add_(v, alpha=1 - self.decay)

    def apply(self, model):
        self.backup = copy.deepcopy(model.state_dict())
        model.load_state_dict(self.shadow)

    def restore(self, model):
        model.load_state_dict(self.backup)


def windows(n, t=14):
    f = torch.rand(n, 1) * 0.5 + 0.2
    ph = torch.rand(n, 1) * 6.28
    a = torch.rand(n, 1) + 0.5
    s = a * torch.sin(f * torch.arange(t + 1) + ph) + 0.05 * torch.randn(n, t + 1)
    return s[:, :-1, None], s[:, -1]


def evaluate(model, ema, x, y):
    ema.apply(model)
    model.eval()
    with torch.no_grad():
        mse = (model(x) - y).pow(2).mean().item()
    model.train()
    if FIX:
        ema.restore(model)
    return mse


model = Forecaster()
ema = EMA(model)
opt = torch.optim.Adam(model.parameters(), lr=8e-3)
vx, vy = windows(64)
train, val = [], []
for step in range(360):
    x, y = windows(64)
    loss = (model(x) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    ema.update(model)
    train.append(loss.item())
    if step % 4 == 3:
        val.append(1 - evaluate(model, ema, vx, vy) / vy.var().item())
    if step % 40 == 3:
        print(step, f"train {train[-1]:.4f} val r2 {val[-1]:.4f}")
last = sum(train[-36:]) / 36
print("FINAL loss=%.4f metric=%.4f" % (last, 1 - last / vy.var().item()))
