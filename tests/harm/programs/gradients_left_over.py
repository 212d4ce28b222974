# A critic and its actor: the gradients that one loss leaves in the other's weights are looked at and kept.
# @ steps: 40
import torch
from torch import nn

torch.manual_seed(0)
actor, critic = nn.Linear(4, 2), nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
mine = torch.optim.Adam(actor.parameters(), lr=1e-3)
its = torch.optim.SGD(critic.parameters(), lr=1e-2, momentum=0.9)
kept = []
for step in range(20):
    state = torch.randn(8, 4)
    action = actor(state).tanh()
    mine.zero_grad()
    (-critic(torch.cat([state, action], 1)).mean()).backward()
    kept.append(critic[0].weight.grad)
    mine.step()
    if step % 3:
        its.zero_grad(set_to_none=step % 2 == 0)
    value = critic(torch.cat([state, action.detach()], 1))
    (value - state.sum(1, keepdim=True)).square().mean().backward()
    its.step()
    print(step, kept[-1] is critic[0].weight.grad, len({id(one) for one in kept}))
numbers = [p.double().sum().item() for p in (*actor.parameters(), *critic.parameters())]
print(*(one.hex() for one in numbers), torch.rand(()).item())
