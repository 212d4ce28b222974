# miswired
# PPO evaluates the "old" log probability with the current network inside the update (and detaches nothing): ratio is 1 and its gradient cancels
# mended by: the log probability stored at rollout time is used as the old one
# cause words: ratio old log_prob detach rollout cancel
import os
import torch
from torch import nn
from torch.distributions import Categorical
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class ActorCritic(nn.Module):
    def __init__(self, obs, act):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi = nn.Linear(64, act)
        self.v = nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1)


class Bandits:
    """contextual task: the best of 4 actions depends on the observation"""
    def __init__(self):
        g = torch.Generator().manual_seed(1)
        self.w = torch.randn(6, 4, generator=g)

    def reset(self, n):
        self.x = torch.randn(n, 6)
        return self.x

    def step(self, a):
        s = self.x @ self.w
        return (a == s.argmax(1)).float() + 0.1 * torch.randn(len(a))


env, net = Bandits(), ActorCritic(6, 4)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
clip, history = 0.2, []
for it in range(120):
    obs = env.reset(256)
    with torch.no_grad():
        dist, val = net(obs)
        act = dist.sample()
        logp_roll = dist.log_prob(act)
    rew = env.step(act)
    adv = rew - val
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    for epoch in range(4):
        for idx in torch.randperm(256).split(64):
            dist, v = net(obs[idx])
            logp = dist.log_prob(act[idx])
            if FIX:
                old = logp_roll[idx]
            else:
                old = net(obs[idx])[0].log_prob(act[idx])
            ratio = (logp - old).exp()
            a = adv[idx]
            surr = torch.min(ratio * a, ratio.clamp(1 - clip, 1 + clip) * a).mean()
            loss = -surr + 0.5 * (v - rew[idx]).pow(2).mean() - 0.001 * dist.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            opt.step()
    history.append(rew.mean().item())
    if it % 20 == 0:
        print(f"it {it} loss {loss.item():.4f} reward {history[-1]:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(history[-10:]) / 10:.3f}")
