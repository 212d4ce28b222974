# healthy
# A convolution net under float16 autocast with a hand-made loss scale: where a gradient is infinite all gradients are set to None (the optimizer's step then does nothing) and the scale falls.
# rule: E
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
L, C, STEPS = 48, 4, 500
g = torch.Generator().manual_seed(14)
tt = torch.arange(L).float()


def batch(n):
    y = torch.randint(0, C, (n,), generator=g)
    freq = torch.tensor([0.25, 0.5, 0.8, 1.2])[y].unsqueeze(1)
    phase = 6.283 * torch.rand(n, 1, generator=g)
    x = torch.sin(freq * tt + phase) + 0.7 * torch.randn(n, L, generator=g)
    return x.unsqueeze(1), y


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 16, 7, padding=3)
        self.c2 = nn.Conv1d(16, 32, 5, padding=2, stride=2)
        self.fc = nn.Linear(32, C)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        return self.fc(x.mean(2))


net = Conv()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
scale, calm, thrown = 2.0 ** 26, 0, 0
hist = []
for step in range(STEPS):
    x, y = batch(64)
    with torch.autocast("cpu", dtype=torch.float16):
        logits = net(x)
    loss = F.cross_entropy(logits.float(), y)
    opt.zero_grad(set_to_none=True)
    (loss * scale).backward()
    total = torch.stack([p.grad.norm() for p in net.parameters()]).norm()
    if torch.isfinite(total):
        for p in net.parameters():
            p.grad.div_(scale)
        calm += 1
    else:
        opt.zero_grad(set_to_none=True)
        scale, calm, thrown = scale / 4, 0, thrown + 1
    opt.step()
    if calm == 15:
        scale, calm = scale * 4, 0
    hist.append(loss.item())
    if step % 100 == 0:
        print(step, "loss %.4f scale %g thrown away %d" % (loss.item(), scale, thrown))

with torch.no_grad():
    x, y = batch(2000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print("steps thrown away: %d" % thrown)
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-50:]) / 50, acc))
