# healthy
# DQN: the TD loss jumps at target updates, goes up again late and starts near zero, because the bootstrapped values grow from 0 to 7 the whole time; the policy becomes perfect
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
L, A, GAMMA, N = 9, 4, 0.95, 20000
moves = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])


def grid_step(p, a):
    p2 = (p + moves[a]).clamp(0, L - 1)
    return p2, (p2 == L // 2).all(1).float()      # a reward for every step on the goal; no end


def enc(p):
    return torch.cat([F.one_hot(p[:, 0], L), F.one_hot(p[:, 1], L)], 1).float()


def make():
    return nn.Sequential(nn.Linear(2 * L, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, A))


q, tgt = make(), make()
tgt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
P, ACT = torch.randint(0, L, (N, 2)), torch.randint(0, A, (N,))
P2, R = grid_step(P, ACT)
for step in range(2500):
    i = torch.randint(0, N, (128,))
    with torch.no_grad():
        y = R[i] + GAMMA * tgt(enc(P2[i])).max(1).values
    loss = F.mse_loss(q(enc(P[i])).gather(1, ACT[i][:, None]).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 60 == 0:
        tgt.load_state_dict(q.state_dict())
    if step % 250 == 0:
        print(f"step {step} td loss {loss.item():.5f} target mean {y.mean().item():.3f}")
with torch.no_grad():
    p, got = torch.randint(0, L, (500, 2)), 0
    for t in range(20):
        p, r = grid_step(p, q(enc(p)).argmax(1))
        got = got + r
print(f"FINAL loss={loss.item():.5f} metric={(got > 0).float().mean().item():.3f} (share that reaches the goal)")
