# output_cannot_change miswired
# dueling DQN: the advantages have shape (B, A, 1) and their mean is taken over the last dimension, so A - mean(A) is exactly zero and Q does not depend on the action
# mended by: mean over dim=1, the actions
# cause words: mean dim dueling advantage zero axis
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
L, A, GAMMA = 9, 4, 0.9
moves = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])


def grid_step(p, a):
    p2 = (p + moves[a]).clamp(0, L - 1)
    done = (p2 == L // 2).all(1)
    return p2, torch.where(done, 1.0, -0.02), done


class Dueling(nn.Module):
    def __init__(self, d=64):
        super().__init__()
        self.emb = nn.Linear(2 * L, d)
        self.value = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, 1))
        self.adv = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, A))

    def forward(self, p):
        x = torch.cat([F.one_hot(p[:, 0], L), F.one_hot(p[:, 1], L)], 1).float()
        h = F.relu(self.emb(x))
        v, a = self.value(h).unsqueeze(1), self.adv(h).unsqueeze(-1)     # (B,1,1), (B,A,1)
        q = v + a - a.mean(dim=1 if FIX else -1, keepdim=True)
        return q.squeeze(-1)


q, tgt = Dueling(), Dueling()
tgt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
buf_p = torch.randint(0, L, (20000, 2))
buf_a = torch.randint(0, A, (20000,))
buf_p2, buf_r, buf_d = grid_step(buf_p, buf_a)
for step in range(1500):
    i = torch.randint(0, 20000, (128,))
    with torch.no_grad():
        best = q(buf_p2[i]).argmax(1, keepdim=True)                      # double DQN
        y = buf_r[i] + GAMMA * (~buf_d[i]) * tgt(buf_p2[i]).gather(1, best).squeeze(1)
    qa = q(buf_p[i]).gather(1, buf_a[i][:, None]).squeeze(1)
    loss = F.smooth_l1_loss(qa, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        tgt.load_state_dict(q.state_dict())
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.5f} q {qa.mean().item():.3f}")
with torch.no_grad():
    p, found = torch.randint(0, L, (500, 2)), torch.zeros(500, dtype=torch.bool)
    for _ in range(12):
        p, r, d = grid_step(p, q(p).argmax(1))
        found |= d
print(f"FINAL loss={loss.item():.5f} metric={found.float().mean().item():.3f} (share of games that reach the goal)")
