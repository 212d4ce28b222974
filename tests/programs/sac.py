"""Soft actor-critic in small: an actor, two critics and a plain tensor, three optimizers a turn."""

import copy
import itertools

import torch
import truth
from torch import nn


def network(into: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(into, 16), nn.ReLU(), nn.Linear(16, out))


class Agent:
    def __init__(self) -> None:
        self.actor = network(3, 2)
        self.critic1, self.critic2 = network(4, 1), network(4, 1)
        self.target1, self.target2 = copy.deepcopy(self.critic1), copy.deepcopy(self.critic2)
        self.log_alpha = torch.zeros(1, requires_grad=True)
        both = itertools.chain(self.critic1.parameters(), self.critic2.parameters())
        self.critic_optimizer = torch.optim.Adam(both, lr=1e-3)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=1e-3)
        self.alpha_optimizer = torch.optim.Adam([self.log_alpha], lr=1e-2)

    def act(self, state):
        mean, log_std = self.actor(state).chunk(2, -1)
        chosen = torch.distributions.Normal(mean, log_std.exp())
        action = chosen.rsample()
        return action, chosen.log_prob(action)

    def learn(self, state, action, reward, after) -> None:
        alpha = self.log_alpha.exp().detach()
        with torch.no_grad():
            following, log_p = self.act(after)
            pair = torch.cat([after, following], 1)
            worth = torch.minimum(self.target1(pair), self.target2(pair)) - alpha * log_p
            wanted = reward + 0.9 * worth
        pair = torch.cat([state, action], 1)
        first = nn.functional.mse_loss(self.critic1(pair), wanted)
        loss = first + nn.functional.mse_loss(self.critic2(pair), wanted)
        self.update(self.critic_optimizer, loss, critic1=self.critic1, critic2=self.critic2)
        chosen, log_p = self.act(state)
        pair = torch.cat([state, chosen], 1)
        worth = torch.minimum(self.critic1(pair), self.critic2(pair))
        self.update(self.actor_optimizer, (alpha * log_p - worth).mean(), actor=self.actor)
        loss = -(self.log_alpha * (log_p.detach() - 1)).mean()
        self.update(self.alpha_optimizer, loss)
        with torch.no_grad():
            for target, critic in ((self.target1, self.critic1), (self.target2, self.critic2)):
                for old, new in zip(target.parameters(), critic.parameters(), strict=True):
                    old.lerp_(new, 0.05)

    def update(self, optimizer, loss, **modules) -> None:
        optimizer.zero_grad()
        loss.backward()
        named = {
            f"{word}.{name}": p for word, m in modules.items() for name, p in m.named_parameters()
        }
        truth.step(loss, named or {"log_alpha": self.log_alpha})
        optimizer.step()


torch.manual_seed(32)
agent = Agent()
for _ in range(12):
    agent.learn(torch.randn(8, 3), torch.randn(8, 1), torch.randn(8, 1), torch.randn(8, 3))
truth.end(agent.actor, agent.critic1, agent.critic2)
