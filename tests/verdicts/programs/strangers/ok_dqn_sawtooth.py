# healthy
# the TD loss is a saw-tooth: it leaps up, often more than tenfold, at every target update and falls again; the greedy policy becomes right
import copy
import torch
import torch.nn as nn

torch.manual_seed(47)
N = 10
flip = torch.randint(0, 2, (N,))


def step_env(s, a):
    s2 = torch.where((a + flip[s]) % 2 == 1, s + 1, s - 1).clamp(0, N - 1)
    goal = (s2 == N - 1).float()
    return s2, goal * 5.0, goal


hot = lambda s: nn.functional.one_hot(s, N).float()
q = nn.Sequential(nn.Linear(N, 48), nn.ReLU(), nn.Linear(48, 2))
tgt = copy.deepcopy(q)
for p in tgt.parameters():
    p.requires_grad_(False)
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
for step in range(2000):
    s, a = torch.randint(0, N - 1, (64,)), torch.randint(0, 2, (64,))
    s2, r, done = step_env(s, a)
    y = r + 0.95 * (1 - done) * tgt(hot(s2)).max(1).values
    loss = nn.functional.mse_loss(q(hot(s)).gather(1, a[:, None]).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 99:
        tgt.load_state_dict(q.state_dict())
    if step % 220 == 0 or step % 500 in (99, 100):
        print(f"step {step} td {loss.item():.5f}")
with torch.no_grad():
    best = q(hot(torch.arange(N - 1))).argmax(1)
    right = (best == 1 - flip[:-1]).float().mean().item()
print(f"FINAL loss={loss.item():.5f} metric={right:.4f} (share of right greedy actions, more is better)")
