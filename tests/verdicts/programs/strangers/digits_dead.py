# dead_relu plateau vanishing_gradient not_learning
# Hidden weights are drawn from [-0.25, 0] and the inputs are positive, so no ReLU ever fires.
# mended by: Draw the weights symmetrically about zero.
import os
import torch
from torch import nn

torch.manual_seed(64)
glyphs = (torch.rand(10, 12, 12) > 0.6).float()


def scan(n):
    y = torch.randint(10, (n,))
    ink = glyphs[y] * (180 + 60 * torch.rand(n, 1, 1)) + 25 * torch.rand(n, 12, 12)
    flip = torch.rand(n, 12, 12) < 0.1
    ink = torch.where(flip, 200 - ink.clamp(max=200), ink)
    return (ink / 255).view(n, -1), y


class Recogniser(nn.Module):
    def __init__(self, sizes=(144, 96, 64, 10)):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        if os.environ.get("FIX") == "1":
            spread = (-0.05, 0.05)
        else:
            spread = (-0.25, 0.0)
        for layer in self.layers[:-1]:
            nn.init.uniform_(layer.weight, *spread)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


model = Recogniser()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for step in range(250):
    x, y = scan(64)
    out = model(x)
    loss = nn.functional.cross_entropy(out, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 40 == 0 or step == 249:
        print(f"{step} loss={loss.item():.4f} acc={(out.argmax(1) == y).float().mean().item():.3f}")
