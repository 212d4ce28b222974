# miswired not_learning
# DQN soft target update is written into the online network instead of the target: each step the online weights are pulled back to the never-moving target
# mended by: target.lerp_(online, tau)
# cause words: target network, soft update, online, polyak, tau, copy
import os, copy, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(27)
G, B = 8, 64

class Corridor:
    """state: position 0..7; action left/right; reward 1 at the right end (then restart), small reward 0.05 at the left end"""
    def __init__(self): self.s = 3
    def step(self, a):
        self.s = max(0, min(G - 1, self.s + (1 if a else -1)))
        r = 1.0 if self.s == G - 1 else (0.05 if self.s == 0 else 0.0)
        done = self.s in (0, G - 1)
        s2 = self.s
        if done: self.s = int(torch.randint(1, G - 1, (1,)))
        return s2, r, done

enc = torch.eye(G)
q = nn.Sequential(nn.Linear(G, 32), nn.ReLU(), nn.Linear(32, 2))
tq = copy.deepcopy(q)
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
env, mem = Corridor(), []
TAU = 0.05
for step in range(2000):
    s = env.s
    eps = max(0.1, 1 - step / 600)
    with torch.no_grad():
        a = int(torch.rand(1) < 0.5) if torch.rand(1) < eps else int(q(enc[s]).argmax())
    s2, r, d = env.step(a)
    mem.append((s, a, r, s2, float(d)))
    if len(mem) < B: continue
    pick = torch.randint(0, len(mem), (B,)).tolist()
    S, A, R, S2, D = (torch.tensor(v) for v in zip(*[mem[k] for k in pick]))
    with torch.no_grad():
        y = R + 0.9 * (1 - D) * tq(enc[S2]).max(1)[0]
    loss = F.smooth_l1_loss(q(enc[S]).gather(1, A[:, None])[:, 0], y)
    opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad():
        for p, t in zip(q.parameters(), tq.parameters()):
            if FIX: t.lerp_(p, TAU)
            else: p.copy_(TAU * p + (1 - TAU) * t)
    if step % 200 == 0: print(step, f"td {loss.item():.4f}", f"eps {eps:.2f}")
best = torch.tensor([0.9 ** (5 - k) for k in range(6)])      # true value of going right from 1..6
with torch.no_grad(): err = (q(enc[1:7]).max(1)[0] - best).abs().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={err:.4f}")
