# healthy
# REINFORCE with a moving baseline: the loss is negative noise without any trend, the reward rises all the same
import torch
from torch import nn
from torch.distributions import Categorical
torch.manual_seed(1); torch.set_num_threads(1)


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 48), nn.ReLU())
        self.pi = nn.Linear(48, 5)

    def forward(self, s):
        return Categorical(logits=self.pi(self.body(s)))


def step(pos, goal, a):
    moves = torch.tensor([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]).float()
    new = (pos + moves[a]).clamp(-3, 3)
    rew = (pos - goal).abs().sum(1) - (new - goal).abs().sum(1)
    return new, rew - 0.05


agent = Agent()
opt = torch.optim.Adam(agent.parameters(), 3e-3)
base, hist = 0.0, []
for ep in range(500):
    n = 16
    pos, goal = torch.randint(-3, 4, (n, 2)).float(), torch.randint(-3, 4, (n, 2)).float()
    lps, rs = [], []
    for t in range(8):
        d = agent(torch.cat([pos / 3, goal / 3, torch.full((n, 1), t / 8)], 1))
        a = d.sample()
        pos, r = step(pos, goal, a)
        lps.append(d.log_prob(a)); rs.append(r + 0.3 * torch.randn(n))     # noisy reward
    R, G = torch.zeros(n), []
    for r in rs[::-1]:
        R = r + 0.5 * R
        G.insert(0, R)
    G = torch.stack(G)
    loss = -(torch.stack(lps) * (G - base)).mean()
    base = 0.9 * base + 0.1 * G.mean().item()
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(((pos - goal).abs().sum(1) <= 1).float().mean().item())
    if ep % 50 == 0:
        print(f"ep {ep} loss {loss.item():+.4f} success {sum(hist[-20:]) / len(hist[-20:]):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-40:]) / 40:.4f}")
