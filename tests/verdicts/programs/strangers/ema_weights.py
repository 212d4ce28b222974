# plateau not_learning
# The averaged weights (decay 0.999) are copied back into the trained model after each step, so only a thousandth of each step stays.
# mended by: Keep the average apart; do not copy it into the model during training.
import copy
import os
import torch
import torch.nn as nn

torch.manual_seed(17)


class EMA:
    def __init__(self, model, decay):
        self.decay = decay
        self.shadow = copy.deepcopy(model)
        self.shadow.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for s, p in zip(self.shadow.parameters(), model.parameters()):
            s.mul_(self.decay).add_(p, alpha=1 - self.decay)

    @torch.no_grad()
    def copy_to(self, model):
        for s, p in zip(self.shadow.parameters(), model.parameters()):
            p.copy_(s)


def spirals(n):
    y = torch.randint(3, (n,))
    r = torch.rand(n) * 0.9 + 0.1
    a = r * 4 + y * 2 * torch.pi / 3 + 0.1 * torch.randn(n)
    return torch.stack([r * a.cos(), r * a.sin()], 1) * 2, y


model = nn.Sequential(nn.Linear(2, 96), nn.SiLU(), nn.Linear(96, 96), nn.SiLU(), nn.Linear(96, 3))
ema = EMA(model, 0.999)
opt = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)
ce = nn.CrossEntropyLoss()
xv, yv = spirals(1000)


def validate(m):
    with torch.no_grad():
        return (m(xv).argmax(1) == yv).float().mean().item()


for step in range(1, 501):
    x, y = spirals(100)
    opt.zero_grad()
    loss = ce(model(x), y)
    loss.backward()
    opt.step()
    ema.update(model)
    if not os.environ.get('FIX'):
        ema.copy_to(model)
    if step % 50 == 0:
        print(step, 'loss %.4f acc %.3f ema acc %.3f' % (loss.item(), validate(model), validate(ema.shadow)))
