# saturated
# deep hashing: the tanh(beta*z) continuation starts with its final beta=200 at once, so all code bits are at +-1 and get no slope
# mended by: beta grows from 1 to 10 during training
# cause words: beta tanh continuation anneal slope sharp
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
CLASSES, D, BITS = 10, 64, 16
cent = torch.randn(CLASSES, 8, generator=torch.Generator().manual_seed(2))
mix = torch.randn(8, D, generator=torch.Generator().manual_seed(3))


def sample(n):
    y = torch.randint(0, CLASSES, (n,))
    z = cent[y] + 0.3 * torch.randn(n, 8)
    x = torch.sin(z @ mix) + 0.3 * torch.randn(n, D)
    return torch.cat([x, 1.5 * torch.randn(n, D)], 1), y


class HashNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(2 * D, 96), nn.ReLU(), nn.Linear(96, BITS))
        self.beta = 1.0

    def forward(self, x):
        return torch.tanh(self.beta * self.enc(x))


def retrieval(net):
    with torch.no_grad():
        db, ydb = sample(1000)
        q, yq = sample(200)
        s = torch.sign(net(q)) @ torch.sign(net(db)).T
        top = s.topk(10, 1).indices
        return (ydb[top] == yq[:, None]).float().mean().item()


net = HashNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-5)
STEPS = 1000
for step in range(STEPS):
    net.beta = (1.0 + 9.0 * step / STEPS) if FIX else 200.0
    x, y = sample(64)
    code = net(x)
    sim = (y[:, None] == y[None, :]).float()
    inner = code @ code.T / 4
    loss = F.binary_cross_entropy_with_logits(inner, sim, pos_weight=torch.tensor(9.0))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} pair loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={retrieval(net):.4f}")
