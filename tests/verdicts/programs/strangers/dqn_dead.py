# dead_relu output_cannot_change
# fitted Q-learning on costs (all returns negative) with a ReLU after the last layer: the output units are pushed below zero and stay at 0 for every state
# mended by: no activation after the last layer
# cause words: relu last output final activation negative
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
LR = 3e-3
GAMMA, A = 0.9, 3


def env_step(s, a):
    """cart on a line: push left, nothing, right; cost is the squared distance from the goal at 0"""
    pos, vel = s[:, 0], s[:, 1]
    vel = 0.9 * vel + 0.2 * (a.float() - 1)
    pos = (pos + vel).clamp(-3, 3)
    s2 = torch.stack([pos, vel], 1)
    return s2, -(pos ** 2)


N = 5000
S = torch.stack([6 * torch.rand(N) - 3, 2 * torch.rand(N) - 1], 1)
ACT = torch.randint(0, A, (N,))
S2, R = env_step(S, ACT)


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, A))

    def forward(self, s):
        out = self.f(s)
        return out if FIX else F.relu(out)


q, tgt = QNet(), QNet()
tgt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=LR)
for step in range(1500):
    i = torch.randint(0, N, (128,))
    with torch.no_grad():
        y = R[i] + GAMMA * tgt(S2[i]).max(1).values
    loss = F.smooth_l1_loss(q(S[i]).gather(1, ACT[i][:, None]).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        tgt.load_state_dict(q.state_dict())
    if step % 150 == 0:
        print(f"step {step} td loss {loss.item():.4f}")
with torch.no_grad():
    s = torch.stack([6 * torch.rand(500) - 3, torch.zeros(500)], 1)
    ret = 0
    for _ in range(30):
        s, r = env_step(s, q(s).argmax(1))
        ret = ret + r.mean().item()
print(f"FINAL loss={loss.item():.4f} metric={ret:.2f} (return, best about -10)")
