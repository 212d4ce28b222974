# healthy
# actor-critic where the advantage is value minus return, but the policy term is written without the usual minus: two signs that cancel, the policy improves
# rule: F
import torch
from torch import nn

torch.manual_seed(31)
torch.set_num_threads(1)
S, A, BS, STEPS = 8, 5, 64, 1000
reward_map = torch.randn(S, A)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(S, 64), nn.Tanh())
        self.pi = nn.Linear(64, A)
        self.v = nn.Linear(64, 1)

    def forward(self, s):
        h = self.body(s)
        return torch.distributions.Categorical(logits=self.pi(h)), self.v(h).squeeze(1)


def observe(n):
    return torch.randn(n, S)


net = ActorCritic()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
history = []
for step in range(STEPS):
    s = observe(BS)
    dist, value = net(s)
    a = dist.sample()
    ret = (s @ reward_map)[torch.arange(BS), a] + 0.3 * torch.randn(BS)
    advantage = (value - ret).detach()      # "regret": positive when worse than expected
    pg = (dist.log_prob(a) * advantage).mean()   # minimised: bad actions become rarer
    critic = (value - ret).pow(2).mean()
    loss = pg + 0.5 * critic - 0.01 * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    history.append(ret.mean().item())
    if (step + 1) % 100 == 0:
        print(step + 1, f"return {sum(history[-100:]) / 100:.3f} loss {loss.item():.3f}")

with torch.no_grad():
    s = observe(4000)
    dist, value = net(s)
    r = s @ reward_map
    got = r[torch.arange(4000), dist.logits.argmax(1)].mean().item()
    best = r.max(1).values.mean().item()
print(f"best {best:.3f} uniform {r.mean().item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={got / best:.4f} (share of the best return)")
