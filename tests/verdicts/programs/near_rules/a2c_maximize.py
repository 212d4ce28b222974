# healthy
# the objective is maximised by optimizer(maximize=True): it holds minus logp times (value - return), minus the squared error of the critic; every sign that looks wrong is right
# rule: F
import torch
from torch import nn

torch.manual_seed(37)
torch.set_num_threads(1)
N_ENV, T, GRID, GAMMA, UPDATES = 24, 12, 9, 0.95, 350
eye = torch.eye(GRID)


class Walk:
    """A line of 9 fields, start anywhere, +1 each step that one stands on the goal field 6."""

    def reset(self):
        self.pos = torch.randint(0, GRID, (N_ENV,))
        return eye[self.pos]

    def step(self, a):
        self.pos = (self.pos + a - 1).clamp(0, GRID - 1)
        return eye[self.pos], (self.pos == 6).float()


policy = nn.Sequential(nn.Linear(GRID, 32), nn.Tanh(), nn.Linear(32, 3))
critic = nn.Sequential(nn.Linear(GRID, 32), nn.Tanh(), nn.Linear(32, 1))
params = list(policy.parameters()) + list(critic.parameters())
opt = torch.optim.Adam(params, lr=5e-3, maximize=True)
env = Walk()
scores = []
for update in range(UPDATES):
    obs, logps, values, rewards, ents = env.reset(), [], [], [], []
    for t in range(T):
        dist = torch.distributions.Categorical(logits=policy(obs))
        a = dist.sample()
        logps.append(dist.log_prob(a))
        ents.append(dist.entropy())
        values.append(critic(obs).squeeze(1))
        obs, r = env.step(a)
        rewards.append(r)
    ret, g = [], critic(obs).squeeze(1).detach()
    for r in reversed(rewards):
        g = r + GAMMA * g
        ret.insert(0, g)
    ret, v, lp = torch.stack(ret), torch.stack(values), torch.stack(logps)
    adv = (v - ret).detach()
    objective = -(lp * adv).mean() - 0.5 * (v - ret).pow(2).mean() + 0.005 * torch.stack(ents).mean()
    opt.zero_grad()
    objective.backward()
    opt.step()
    scores.append(torch.stack(rewards).sum(0).mean().item())
    if (update + 1) % 50 == 0:
        print(update + 1, f"score {sum(scores[-50:]) / 50:.3f} objective {objective.item():.3f}")
# the best that can be had: the distance d from a uniform start is lost, min(T, ...) steps on the goal
dists = (torch.arange(GRID) - 6).abs().float()
best = (T - (dists - 1).clamp(min=0)).mean().item()
got = sum(scores[-20:]) / 20
print(f"random {scores[0]:.3f} best {best:.3f}")
print(f"FINAL loss={-objective.item():.4f} metric={got / best:.4f} (share of the best score)")
