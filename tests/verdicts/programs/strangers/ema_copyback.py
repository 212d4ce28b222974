# miswired not_learning plateau
# the EMA weights (decay 0.9999) are copied into the training model for validation after every 20 steps and never swapped back: training starts over each time
# mended by: the live weights are restored after validation
# cause words: EMA average restore swap copy back
import os
import copy
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(53)


class EMA:
    def __init__(self, model, decay):
        self.decay = decay
        self.shadow = {k: v.clone() for k, v in model.state_dict().items()}
        self.backup = None

    @torch.no_grad()
    def update(self, model):
        for k, v in model.state_dict().items():
            self.shadow[k].mul_(self.decay).add_(v, alpha=1 - self.decay)

    def apply(self, model):
        self.backup = copy.deepcopy(model.state_dict())
        model.load_state_dict(self.shadow)

    def restore(self, model):
        model.load_state_dict(self.backup)


X = torch.randn(4000, 14)
w1 = torch.randn(14, 6)
Y = torch.tanh(X @ w1 / 2).sum(1, keepdim=True) + 0.05 * torch.randn(4000, 1)
model = nn.Sequential(nn.Linear(14, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
ema = EMA(model, 0.9999)
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
for step in range(1, 1501):
    i = torch.randint(0, 3500, (64,))
    loss = F.mse_loss(model(X[i]), Y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    ema.update(model)
    if step % 20 == 0:
        ema.apply(model)
        with torch.no_grad():
            val = F.mse_loss(model(X[3500:]), Y[3500:]).item()
        if FIX:
            ema.restore(model)
    if step % 150 == 0:
        print(f"{step} loss {loss.item():.4f} ema val {val:.4f}")
with torch.no_grad():
    mse = F.mse_loss(model(X[3500:]), Y[3500:]).item()
print(f"FINAL loss={loss.item():.4f} metric={1 - mse / Y.var().item():.3f}")
