# fp16_underflow miswired not_learning
# The target network is kept in bfloat16 and averaged in place with tau=0.005: the increments are below half a unit in the last place and are rounded away, the target never moves and Q learns from a random network.
# mended by: keeping the target network in float32
# cause words: bfloat16, target network, rounding, tau, precision, lost, polyak, lerp
import copy, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(31)
g = torch.Generator().manual_seed(31)
N, GAMMA, TAU = 7, 0.9, 0.005
class Yard:
    """yard with a wall that has one gap; reward only at the loading door, which is in a corner"""
    def __init__(self, n):
        self.n = n
        self.p = self.spawn(n)
        self.move = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])
    def spawn(self, n):
        return torch.stack([torch.randint(0, N, (n,), generator=g), 2 * torch.randint(0, 2, (n,), generator=g)], 1)
    def obs(self):
        return F.one_hot(self.p[:, 0] * N + self.p[:, 1], N * N).float()
    def step(self, a):
        new = (self.p + self.move[a]).clamp(0, N - 1)
        wall = (new[:, 0] == 4) & (new[:, 1] != 2)
        self.p = torch.where(wall[:, None], self.p, new)
        done = (self.p == N - 1).all(1)
        o2 = self.obs()
        self.p[done] = self.spawn(int(done.sum()))
        return o2, done.float(), done
q = nn.Sequential(nn.Linear(N * N, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
target = copy.deepcopy(q).to(torch.float32 if FIX else torch.bfloat16).requires_grad_(False)
tdt = next(target.parameters()).dtype
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
env = Yard(48)
buf, losses = [], []
o = env.obs()
for step in range(1500):
    with torch.no_grad():
        a = q(o).argmax(1)
    eps = max(0.25, 1 - step / 600)
    rnd = torch.rand(env.n, generator=g) < eps
    a = torch.where(rnd, torch.randint(0, 4, (env.n,), generator=g), a)
    o2, r, d = env.step(a)
    buf.append((o, a, r, o2, d.float()))
    o = env.obs()
    picks = torch.randint(0, len(buf), (4,), generator=g).tolist()
    bo, ba, br, bo2, bd = (torch.cat(x) for x in zip(*[buf[j] for j in picks]))
    with torch.no_grad():
        best = q(bo2).argmax(1, keepdim=True)
        y = br + GAMMA * (1 - bd) * target(bo2.to(tdt)).float().gather(1, best).squeeze(1)
    loss = F.smooth_l1_loss(q(bo).gather(1, ba[:, None]).squeeze(1), y)
    opt.zero_grad(); loss.backward()
    opt.step()
    with torch.no_grad():
        for p, t in zip(q.parameters(), target.parameters()):
            t.lerp_(p.to(tdt), TAU)
    losses.append(loss.item())
    if step % 150 == 0:
        print(f"step {step} td {loss.item():.5f} buffer return rate {torch.stack([b[2].mean() for b in buf[-50:]]).mean().item():.4f}")
ev = Yard(400)
tot = 0.0
with torch.no_grad():
    for _ in range(60):
        a = q(ev.obs()).argmax(1)
        tot += ev.step(a)[1].mean().item()
print(f"FINAL loss={sum(losses[-100:]) / 100:.5f} metric={tot:.4f}")
