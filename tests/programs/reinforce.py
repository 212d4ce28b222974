"""A policy learns by its rewards: episodes of unequal length, a temperature that is learnt too."""

import torch
import truth
from torch import nn
from torch.distributions import Categorical


class Agent:
    def __init__(self) -> None:
        self.policy = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
        self.log_alpha = torch.zeros(1, requires_grad=True)
        held = [*self.policy.parameters(), self.log_alpha]
        self.optimizer = torch.optim.SGD(held, lr=0.02, momentum=0.9)

    def learn(self) -> None:
        place, logs, rewards = torch.zeros(2), [], []
        for _ in range(int(torch.randint(4, 10, ()))):
            chosen = Categorical(logits=self.policy(place) * self.log_alpha.exp())
            action = chosen.sample()
            logs.append(chosen.log_prob(action))
            place = place + (action * 2.0 - 1) * torch.tensor([0.1, -0.1]) + 0.05 * torch.randn(2)
            rewards.append(place[0].item())
        back = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
        loss = -(torch.stack(logs) * (back - back.mean())).sum()
        self.optimizer.zero_grad()
        loss.backward()
        # A net beside a loose tensor is called what the agent calls it.
        named = dict(self.policy.named_parameters(prefix="policy")) | {"log_alpha": self.log_alpha}
        truth.step(loss, named)
        self.optimizer.step()


torch.manual_seed(5)
agent = Agent()
for _ in range(25):
    agent.learn()
truth.end(agent.policy)
