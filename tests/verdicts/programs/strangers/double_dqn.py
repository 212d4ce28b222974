# healthy
# Double DQN with a target network synced every 60 steps (frozen on purpose); small, non-monotone TD loss. metric = success rate.
"""Double DQN on a 6x6 grid with a hole; replay and a target network synced every 60 steps; TD loss small and not monotone, bumps after syncs."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(21)
S, GAMMA = 6, 0.95
MOVE = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])
GOAL, HOLE = torch.tensor([5, 5]), torch.tensor([3, 3])

def obs(p): return F.one_hot(p[:, 0], S).float(), F.one_hot(p[:, 1], S).float()
def enc(p): return torch.cat(obs(p), 1)
def env_step(p, a):
    q = (p + MOVE[a]).clamp(0, S - 1)
    goal, hole = (q == GOAL).all(1), (q == HOLE).all(1)
    return q, goal.float() - hole.float() - 0.01, goal | hole
def reset(n):
    p = torch.randint(0, S, (n, 2)); bad = (p == GOAL).all(1) | (p == HOLE).all(1); p[bad] = 0; return p

q = nn.Sequential(nn.Linear(2 * S, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 4))
tgt = nn.Sequential(nn.Linear(2 * S, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 4)).requires_grad_(False)
tgt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
buf = []; p = reset(32); age = torch.zeros(32)
hist = []
def act(p, eps):
    with torch.no_grad(): a = q(enc(p)).argmax(1)
    return torch.where(torch.rand(len(p)) < eps, torch.randint(0, 4, (len(p),)), a)
def env_tick(eps):
    global p, age
    a = act(p, eps); n, r, d = env_step(p, a)
    buf.append((p, a, r, n, d.float())); age += 1
    done = d | (age > 30)
    p = torch.where(done[:, None], reset(32), n); age[done] = 0
    if len(buf) > 400: buf.pop(0)
for _ in range(20): env_tick(1.0)
STEPS = 800
for step in range(STEPS):
    env_tick(max(0.1, 1 - step / 400))
    k = torch.randint(0, len(buf), (6,)).tolist()
    s, a, r, n, d = (torch.cat(t) for t in zip(*[buf[i] for i in k]))
    with torch.no_grad():
        na = q(enc(n)).argmax(1, keepdim=True)
        y = r + GAMMA * (1 - d) * tgt(enc(n)).gather(1, na).squeeze(1)
    loss = F.smooth_l1_loss(q(enc(s)).gather(1, a[:, None]).squeeze(1), y)
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(q.parameters(), 10.0)
    opt.step()
    if step % 60 == 59: tgt.load_state_dict(q.state_dict())
    hist.append(loss.item())
    if step % 80 == 0: print(step, f"{loss.item():.5f}")
pp = reset(500); won = torch.zeros(500, dtype=torch.bool); over = won.clone()
for _ in range(15):
    n, r, d = env_step(pp, act(pp, 0.0)); won |= (r > 0.5) & ~over; over |= d; pp = torch.where(over[:, None], pp, n)
print(f"FINAL loss={sum(hist[-80:])/80:.6f} metric={won.float().mean().item():.4f}")
