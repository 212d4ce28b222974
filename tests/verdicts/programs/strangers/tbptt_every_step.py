# miswired not_learning
# truncated back-propagation detaches the hidden state at every time step and not at every chunk: nothing can be learned across time
# mended by: detach once per chunk
# cause words: detach hidden state truncated bptt time step
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Stream:
    """the class of a mark is asked for 6 steps later"""
    def __init__(self, B):
        self.B = B

    def chunk(self, T=24):
        x = torch.zeros(self.B, T, 6)
        y = torch.full((self.B, T), -100)
        for s in range(0, T, 8):
            c = torch.randint(0, 4, (self.B,))
            x[torch.arange(self.B), s, c] = 1
            x[:, s + 6, 5] = 1
            y[:, s + 6] = c
        x[:, :, 4] = torch.randn(self.B, T) * 0.5
        return x, y


class Net(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.h = h
        self.cell = nn.GRUCell(6, h)
        self.out = nn.Linear(h, 4)

    def forward(self, x, h):
        ys = []
        for t in range(x.shape[1]):
            if not FIX:
                h = h.detach()
            h = self.cell(x[:, t], h)
            ys.append(self.out(h))
        return torch.stack(ys, 1), h


net, stream = Net(), Stream(32)
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
h = torch.zeros(32, net.h)
for step in range(400):
    x, y = stream.chunk()
    out, h = net(x, h.detach())
    loss = F.cross_entropy(out.flatten(0, 1), y.flatten(), ignore_index=-100)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
acc = []
with torch.no_grad():
    for _ in range(20):
        x, y = stream.chunk()
        out, h = net(x, h)
        m = y >= 0
        acc.append((out.argmax(-1)[m] == y[m]).float().mean().item())
print(f"FINAL loss={loss.item():.4f} metric={sum(acc) / len(acc):.3f}")
