# healthy
# the reported loss of the policy gradient jumps around zero and says nothing, returns are noisy; the policy does improve
import torch, torch.nn as nn
from torch.distributions import Categorical
torch.manual_seed(40)
class Agent(nn.Module):
    def __init__(self, n_ctx=6, n_act=5):
        super().__init__()
        self.pi = nn.Sequential(nn.Linear(n_ctx, 32), nn.Tanh(), nn.Linear(32, n_act))
        self.v = nn.Sequential(nn.Linear(n_ctx, 32), nn.Tanh(), nn.Linear(32, 1))
    def forward(self, s): return Categorical(logits=self.pi(s)), self.v(s).squeeze(-1)
W = torch.randn(6, 5)
def env_step(s, a):
    best = (s @ W).argmax(1)
    return (a == best).float() + 1.0 * torch.randn(len(a))      # reward noise as large as the reward
agent = Agent()
opt = torch.optim.Adam(agent.parameters(), lr=3e-3)
for upd in range(1500):
    s = torch.randn(64, 6)
    dist, v = agent(s)
    a = dist.sample()
    r = env_step(s, a)
    adv = r - v.detach()
    loss = -(dist.log_prob(a) * adv).mean() + 0.5 * (r - v).pow(2).mean() - 0.005 * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(agent.parameters(), 5.0)
    opt.step()
    if upd % 250 == 0:
        print(f"update {upd} loss {loss.item():.3f} return {r.mean().item():.3f}")
with torch.no_grad():
    s = torch.randn(3000, 6)
    acc = (agent(s)[0].logits.argmax(1) == (s @ W).argmax(1)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
