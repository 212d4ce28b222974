# nonfinite exploding_gradient
"""model.half() because it is faster."""

import torch
from torch import nn


class MLPMixerish(nn.Module):
    def __init__(self, d=48, depth=5):
        super().__init__()
        self.embed = nn.Linear(16, d)
        self.mix = nn.ModuleList(nn.Linear(d, d) for _ in range(depth))
        self.top = nn.Linear(d, 5)

    def forward(self, x):
        x = self.embed(x)
        for m in self.mix:
            x = x + torch.relu(m(x))
        return self.top(x)


torch.manual_seed(20)
x = torch.randn(640, 16)
y = (x[:, :5]).argmax(1)
net = MLPMixerish().half()
opt = torch.optim.SGD(net.parameters(), lr=3.0)
for step in range(150):
    idx = torch.randint(640, (64,))
    loss = nn.functional.cross_entropy(net(x[idx].half()), y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
