# healthy
# the optimizer has an averaged copy and an unused value head that never have a gradient, and the loss does not come down: it is a policy gradient, whose loss says nothing; the reward goes up
# rule: J
import copy
import torch
from torch import nn

torch.manual_seed(18)
S, A = 8, 6
w = torch.randn(S, A)


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(S, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.policy = nn.Linear(64, A)
        self.value = nn.Linear(64, 1)              # for the critic version; not used here

    def forward(self, s):
        return self.policy(self.body(s))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.live = Agent()
        self.slow = copy.deepcopy(self.live)

    @torch.no_grad()
    def average(self, k=0.98):
        for a, b in zip(self.slow.parameters(), self.live.parameters()):
            a.mul_(k).add_(b, alpha=1 - k)


def pay(s, a):
    best = (s @ w).argmax(1)
    return (a == best).float()


pair = Pair()
opt = torch.optim.Adam(pair.parameters(), lr=3e-3)
for step in range(1500):
    s = torch.randn(64, S)
    dist = torch.distributions.Categorical(logits=pair.live(s))
    a = dist.sample()
    r = pay(s, a) + 0.3 * torch.randn(64)
    adv = r - r.mean()
    loss = -(adv * dist.log_prob(a)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    pair.average()
pair.eval()
with torch.no_grad():
    s = torch.randn(4000, S)
    got = pay(s, pair.slow(s).argmax(1)).mean()
print(f"FINAL loss={loss.item():.4f} metric={got.item():.4f} (reward of the averaged policy; chance {1 / A:.2f}, best 1)")
