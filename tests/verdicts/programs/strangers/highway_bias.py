# vanishing_gradient plateau
# Highway transform-gate bias starts at +2 instead of -2 (wrong sign), so the 12 layers mostly transform rather than carry and the gradient shrinks geometrically towards the stem.
# mended by: carry_bias=-2.0
"""Deep highway network on a tabular problem with interactions."""
import os
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)


class Highway(nn.Module):
    def __init__(self, d, carry_bias):
        super().__init__()
        self.h = nn.Linear(d, d)
        self.t = nn.Linear(d, d)
        nn.init.constant_(self.t.bias, carry_bias)

    def forward(self, x):
        t = torch.sigmoid(self.t(x))
        return t * torch.tanh(self.h(x)) + (1 - t) * x


class Net(nn.Module):
    def __init__(self, d_in=12, d=48, depth=12, classes=4, carry_bias=-2.0):
        super().__init__()
        self.stem = nn.Linear(d_in, d)
        self.blocks = nn.Sequential(*[Highway(d, carry_bias) for _ in range(depth)])
        self.head = nn.Linear(d, classes)

    def forward(self, x):
        return self.head(self.blocks(torch.tanh(self.stem(x))))


x = torch.randn(6000, 12)
y = ((x[:, 0] + x[:, 1] > 0).long() * 2 + ((x[:, 2] * 1.5 - x[:, 3]) > 0).long())
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True, drop_last=True)


def train(model, epochs=4, lr=0.05):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    lossf = nn.CrossEntropyLoss()
    hist = []
    for ep in range(epochs):
        for xb, yb in loader:
            opt.zero_grad()
            out = model(xb)
            loss = lossf(out, yb)
            loss.backward()
            opt.step()
            hist.append((loss.item(), (out.argmax(1) == yb).float().mean().item()))
            if len(hist) % 40 == 1:
                print(len(hist) - 1, hist[-1], "stem %.1e head %.1e" % (model.stem.weight.grad.norm(), model.head.weight.grad.norm()))
    return hist


h = train(Net(carry_bias=-2.0 if FIX else 2.0))
k = len(h) // 10
print(f"FINAL loss={sum(a for a, _ in h[-k:]) / k:.4f} metric={sum(b for _, b in h[-k:]) / k:.4f}")
