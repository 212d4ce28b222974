# exploding_gradient nonfinite not_learning miswired output_cannot_change badly_scaled plateau dead_relu
# The hand-written backward of GELU returns x*pdf - cdf instead of cdf + x*pdf, so the hidden layers are pushed the wrong way: the loss falls a little at first, then climbs without end (from about step 50).
# mended by: Return g * (cdf + x * pdf); check with gradcheck.
import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(9)


class GeluFn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        ctx.save_for_backward(x, cdf)
        return x * cdf

    @staticmethod
    def backward(ctx, g):
        x, cdf = ctx.saved_tensors
        pdf = torch.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        if os.environ.get("FIX"):
            return g * (cdf + x * pdf)
        return g * (x * pdf - cdf)


class MyGELU(nn.Module):
    def forward(self, x):
        return GeluFn.apply(x)




D, K = 20, 6
stem_w = torch.randn(D, 24)
head_w = torch.randn(24, K)


def data(n):
    x = torch.randn(n, D)
    return x, (torch.relu(x @ stem_w) @ head_w).argmax(1)


net = nn.Sequential(nn.Linear(D, 64), MyGELU(), nn.Linear(64, 64), MyGELU(), nn.Linear(64, 64), MyGELU(), nn.Linear(64, K))
opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
xt, yt = data(600)
for i in range(400):
    x, y = data(128)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if i % 40 == 0:
        with torch.no_grad():
            o = net(xt)
            print(i, "train", round(loss.item(), 4), "test", round(F.cross_entropy(o, yt).item(), 4), "acc", (o.argmax(1) == yt).float().mean().item())
