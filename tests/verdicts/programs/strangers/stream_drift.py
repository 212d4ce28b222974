# healthy
"""One example at a time from a stream whose law drifts and once switches."""
import math
import torch
import torch.nn as nn

torch.manual_seed(75)
w0, w1 = torch.randn(6), torch.randn(6)


def stream(length):
    for t in range(length):
        mix = 0.5 - 0.5 * math.cos(2 * math.pi * t / 1500)
        w = (1 - mix) * w0 + mix * w1
        if t >= 350:
            w = w + torch.tensor([1.0, -1.0, 0, 0, 1.0, 0])
        x = torch.randn(6)
        yield t, x, (torch.tanh(x @ w) + 0.3 * x[0] * x[1]).view(1)


model = nn.Sequential(nn.Linear(6, 48), nn.SiLU(), nn.Linear(48, 1))
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
err = base = None
for t, x, y in stream(600):
    pred = model(x)
    loss = (pred - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 2.0)
    opt.step()
    l, b = loss.item(), y.item() ** 2
    err = l if err is None else 0.98 * err + 0.02 * l
    base = b if base is None else 0.98 * base + 0.02 * b
    if t % 50 == 49:
        print(f"seen {t + 1} loss {l:.4f} running error {err:.4f} guess zero {base:.4f}")
