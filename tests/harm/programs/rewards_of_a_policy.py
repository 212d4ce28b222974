# Rewards and returns are kept by names: in lists, attributes, dictionaries, lazy objects; locals() is asked.
# @ steps: 12
import torch
from torch import nn
from torch.distributions import Categorical


class Lazy:
    """What asks for its attributes would load it."""

    def __getattr__(self, name):
        print("asked for", name)
        raise AttributeError(name)

    def __len__(self):
        print("asked for its length")
        return 8


class Noisy(list):
    def __iter__(self):
        print("gone through")
        return super().__iter__()


class Agent:
    reward = Lazy()

    def __init__(self):
        self.policy = nn.Linear(4, 3)
        self.rewards, self.returns = [], Noisy(range(16))
        self.adv = torch.ones(16, requires_grad=True)

    @property
    def rews(self):
        print("a property was read")
        return self.rewards

    def update(self, optimizer, sign):
        settings = locals()
        logs, rewards, r = [], [], Lazy()
        for _ in range(16):
            actions = Categorical(logits=self.policy(torch.randn(4)))
            action = actions.sample()
            logs.append(actions.log_prob(action))
            rewards.append(float(action == 1))
        total, returns = 0.0, []
        for reward in reversed(rewards):
            total = reward + 0.9 * total
            returns.insert(0, total)
        batch = {"returns": torch.tensor(returns), "rew": rewards, "adv": self.adv}
        loss = sign * (torch.stack(logs) * batch["returns"]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        self.rewards += rewards
        del r
        return sorted(settings), sorted(locals())


torch.manual_seed(0)
agent = Agent()
optimizer = torch.optim.Adam(agent.policy.parameters(), lr=1e-2)
for step in range(12):
    print(*agent.update(optimizer, -1.0 if step % 2 else 1.0))
print(sum(p.double().sum().item() for p in agent.policy.parameters()).hex(), torch.rand(()).item())
