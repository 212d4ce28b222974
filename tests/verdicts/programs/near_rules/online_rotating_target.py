# healthy
# Online tracking of a rotating linear rule with one two-weight layer: it must change by 3 % each step to follow, and the noise grows; it points the right way all the time.
# rule: C
import math
import torch
import torch.nn as nn

torch.manual_seed(0)
STEPS = 2000
g = torch.Generator().manual_seed(2)


def truth(step):
    angle = 0.03 * step + 0.5 * math.sin(step / 90)
    return torch.tensor([math.cos(angle), math.sin(angle)])


def noise_at(step):
    return 0.2 + 1.1 * min(1.0, step / (0.85 * STEPS))


def batch(step, n=256):
    x = torch.randn(n, 2, generator=g)
    y = x @ truth(step) + noise_at(step) * torch.randn(n, generator=g)
    return x, y


class Tracker(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(2, 1, bias=False)

    def forward(self, x):
        return self.lin(x).squeeze(1)


net = Tracker()
opt = torch.optim.SGD(net.parameters(), lr=0.12)
hist, cosines, excess = [], [], []
for step in range(STEPS):
    x, y = batch(step)
    pred = net(x)
    loss = nn.functional.mse_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    with torch.no_grad():
        w = net.lin.weight[0]
        cosines.append(torch.nn.functional.cosine_similarity(w, truth(step), dim=0).item())
        excess.append((w - truth(step)).pow(2).sum().item())
    if step % 250 == 0:
        print(step, "loss %.4f cos %.4f" % (loss.item(), cosines[-1]))

late = slice(STEPS - 200, STEPS)
guess = 1 + noise_at(STEPS) ** 2
print("guessing costs %.3f, noise floor %.3f, excess of the tracker %.4f" % (
    guess, noise_at(STEPS) ** 2, sum(excess[late]) / 200))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[late]) / 200, sum(cosines[late]) / 200))
