# healthy
# DQN with target network: the TD loss is a sawtooth, it jumps up by factors at every target copy while the values grow from 0 to 6.7; the policy and values are right at the end
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
random.seed(0)
S = 8


def move(s, a):
    return max(0, min(S - 1, s + (1 if a else -1)))


eye = torch.eye(S)
q = nn.Sequential(nn.Linear(S, 48), nn.ReLU(), nn.Linear(48, 2))
t = nn.Sequential(nn.Linear(S, 48), nn.ReLU(), nn.Linear(48, 2))
t.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
mem = []
for _ in range(3000):
    s, a = random.randrange(S), random.randrange(2)
    s2 = move(s, a)
    mem.append((s, a, 1.0 if s2 == S - 1 else 0.0, s2))
M = torch.tensor([[m[0], m[1], m[3]] for m in mem])
R = torch.tensor([m[2] for m in mem])
for step in range(4000):
    i = torch.randint(0, 3000, (64,))
    with torch.no_grad():
        y = R[i] + 0.85 * t(eye[M[i, 2]]).max(1)[0]
    loss = F.mse_loss(q(eye[M[i, 0]]).gather(1, M[i, 1:2]).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        t.load_state_dict(q.state_dict())
    if step % 45 == 0:
        print(step, f"td loss {loss.item():.4f} mean Q {q(eye).mean().item():.3f}")
true = torch.tensor([[0.85 ** max(0, S - 2 - s) / 0.15] for s in range(S)]).squeeze(1)
err = (q(eye).max(1)[0] - true).abs().max().item()
print(f"FINAL loss={loss.item():.5f} metric={err:.4f}")
