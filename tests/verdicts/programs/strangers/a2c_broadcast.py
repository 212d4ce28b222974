# miswired not_learning
# returns are kept as (N, 1), the critic's values and the log-probabilities are (N,): the difference is an N x N matrix, so every action is judged by the batch's mean return
# mended by: squeezing the returns
# cause words: broadcast shape squeeze dimension advantage
import os
import warnings
import torch
import torch.nn as nn
from torch.distributions import Categorical

warnings.filterwarnings("ignore")
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
N_ENV, H, N_ACT = 16, 12, 5


class ReachEnv:
    """Points on a plane; five moves; reward is minus the distance to a goal that is part of the observation."""

    moves = torch.tensor([[0.0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]) * 0.3

    def reset(self):
        self.pos = torch.rand(N_ENV, 2) * 2 - 1
        self.goal = torch.rand(N_ENV, 2) * 2 - 1
        return torch.cat([self.pos, self.goal], 1)

    def step(self, a):
        before = (self.pos - self.goal).norm(dim=1)
        self.pos = (self.pos + self.moves[a]).clamp(-1.5, 1.5)
        after = (self.pos - self.goal).norm(dim=1)
        return torch.cat([self.pos, self.goal], 1), (before - after - 0.1 * after)[:, None]


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, N_ACT))
        self.critic = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, s):
        return Categorical(logits=self.actor(s)), self.critic(s).squeeze(-1)


env, net = ReachEnv(), ActorCritic()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
history = []
for update in range(600):
    s, S, A, R = env.reset(), [], [], []
    for t in range(H):
        with torch.no_grad():
            a = net(s)[0].sample()
        S.append(s)
        A.append(a)
        s, r = env.step(a)
        R.append(r)
    ret, g = [], torch.zeros(N_ENV, 1)
    for r in reversed(R):
        g = r + 0.9 * g
        ret.insert(0, g)
    S, A, ret = torch.cat(S), torch.cat(A), torch.cat(ret)
    if FIX:
        ret = ret.squeeze(-1)
    dist, value = net(S)
    adv = ret - value
    policy_loss = -(dist.log_prob(A) * adv.detach()).mean()
    value_loss = adv.pow(2).mean()
    loss = policy_loss + 0.5 * value_loss - 0.005 * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
    history.append(torch.stack(R).sum(0).mean().item())
    if update % 75 == 0:
        print(f"update {update} return {history[-1]:.3f} value_loss {value_loss.item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(history[-50:]) / 50:.4f} (mean return, more is better)")
