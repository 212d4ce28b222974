# healthy
# mixture of experts whose gate is sharp from the first step (the router is known: it is set from the domain id with large weights); the classes overlap so much that the loss cannot fall by 40 %
# rule: C
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(8)
torch.set_num_threads(1)
DOM, D, C, BS, STEPS = 4, 10, 3, 200, 1000


class Moe(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(DOM, DOM, bias=False)
        with torch.no_grad():
            self.gate.weight.copy_(8.0 * torch.eye(DOM))
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(D, 24), nn.ReLU(), nn.Linear(24, C)) for _ in range(DOM))

    def forward(self, dom, x):
        g = F.softmax(self.gate(dom), dim=1)
        outs = torch.stack([e(x) for e in self.experts], dim=1)
        return (g.unsqueeze(2) * outs).sum(1)


truth = torch.randn(DOM, D, C) * 0.45


def batch(n):
    dom = torch.randint(0, DOM, (n,))
    x = torch.randn(n, D)
    logits = torch.einsum("nd,ndc->nc", x, truth[dom])
    y = torch.distributions.Categorical(logits=logits).sample()
    return F.one_hot(dom, DOM).float(), x, y, logits


net = Moe()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
for step in range(STEPS):
    dom, x, y, _ = batch(BS)
    loss = F.cross_entropy(net(dom, x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(step, f"{loss.item():.4f}")
with torch.no_grad():
    dom, x, y, logits = batch(8000)
    out = net(dom, x)
    final = F.cross_entropy(out, y).item()
    best = F.cross_entropy(logits, y).item()
    agree = (out.argmax(1) == logits.argmax(1)).float().mean().item()
print(f"best possible loss {best:.4f}")
print(f"FINAL loss={final:.4f} metric={agree:.4f} (agreement with the Bayes choice)")
