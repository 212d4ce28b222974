# miswired
# the policy loss lacks the minus sign: the return is minimised
# mended by: loss = -(logp * advantage)
# cause words: sign minus negative ascent
import os
import torch, torch.nn as nn
from torch.distributions import Categorical
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2); torch.set_num_threads(1)


class Policy(nn.Module):
    def __init__(self, obs, act):
        super().__init__()
        self.affine1 = nn.Linear(obs, 64)
        self.affine2 = nn.Linear(64, act)

    def forward(self, x):
        return torch.softmax(self.affine2(torch.tanh(self.affine1(x))), dim=-1)


A = torch.randn(6, 4)
policy = Policy(6, 4)
optimizer = torch.optim.Adam(policy.parameters(), lr=5e-3)
baseline = 0.0


def rollout(n=64, T=5):
    """vectorised toy env: reward for the action that matches the state, state drifts with the action"""
    s = torch.randn(n, 6)
    logps, rews = [], []
    for _ in range(T):
        m = Categorical(policy(s))
        a = m.sample()
        logps.append(m.log_prob(a))
        rews.append((a == (s @ A).argmax(1)).float())
        s = 0.7 * s + 0.7 * torch.randn(n, 6)
    return torch.stack(logps), torch.stack(rews)


def returns(r, gamma=0.9):
    R, out = torch.zeros(r.shape[1]), []
    for x in r.flip(0):
        R = x + gamma * R
        out.insert(0, R)
    return torch.stack(out)


hist = []
for episode in range(500):
    logp, rew = rollout()
    G = returns(rew)
    adv = (G - G.mean()) / (G.std() + 1e-8)
    policy_loss = -(logp * adv).mean() if FIX else (logp * adv).mean()
    optimizer.zero_grad()
    policy_loss.backward()
    optimizer.step()
    hist.append(rew.mean().item())
    if episode % 50 == 0:
        print(f"Episode {episode}\tloss {policy_loss.item():.4f}\treward {sum(hist[-20:]) / len(hist[-20:]):.3f}")
print(f"FINAL loss={policy_loss.item():.4f} metric={sum(hist[-50:]) / 50:.4f}")
