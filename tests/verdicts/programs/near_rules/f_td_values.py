# healthy
# the bootstrapped targets grow from 1 to 100 while it trains: with a discount of 0.99 the true values are about 100 and the estimates go up to them and stay there
# rule: F
import copy
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(10)
S, GAMMA = 16, 0.99
reward = 0.5 + torch.rand(S)
go = torch.softmax(2 * torch.randn(S, S), 1)
truth = torch.linalg.solve(torch.eye(S) - GAMMA * go, reward)


class Value(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(S, 32)
        self.out = nn.Linear(32, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, s):
        return self.out(self.emb(s)).squeeze(-1)


net = Value()
target = copy.deepcopy(net).requires_grad_(False)
opt = torch.optim.Adam(net.parameters(), lr=2e-2)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda i: 1.0 if i < 1500 else max(0.02, 1 - (i - 1500) / 500))
for step in range(2000):
    s = torch.randint(0, S, (128,))
    nxt = torch.multinomial(go[s], 1)[:, 0]
    with torch.no_grad():
        y = reward[s] + GAMMA * target(nxt)
    loss = F.mse_loss(net(s), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 4 == 3:
        target.load_state_dict(net.state_dict())
with torch.no_grad():
    v = net(torch.arange(S))
    off = ((v - truth).abs() / truth).mean().item()
    corr = torch.corrcoef(torch.stack([v, truth]))[0, 1].item()
print(f"FINAL loss={loss.item():.4f} metric={1 - off:.4f} (1 - relative error of values; correlation {corr:.3f}; mean value {v.mean():.1f} of {truth.mean():.1f})")
