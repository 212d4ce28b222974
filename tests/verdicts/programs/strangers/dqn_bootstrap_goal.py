# exploding_gradient nonfinite miswired
# Q-learning bootstraps through terminal states (no 1-done) with gamma 1.0 and the target is computed by the online network of the same step: the values grow without bound
# mended by: (1 - done), gamma 0.97 and a target network
# cause words: done terminal gamma bootstrap target
import os
import copy
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
random.seed(0)
SIZE = 5


def obs(p):
    v = torch.zeros(2 * SIZE)
    v[p[0]] = v[SIZE + p[1]] = 1
    return v


def move(p, a):
    dx, dy = [(0, 1), (0, -1), (1, 0), (-1, 0)][a]
    q = (min(max(p[0] + dx, 0), SIZE - 1), min(max(p[1] + dy, 0), SIZE - 1))
    done = q == (SIZE - 1, SIZE - 1)
    return q, 1.0 if done else -0.02, done


net = nn.Sequential(nn.Linear(2 * SIZE, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
target = copy.deepcopy(net)
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
gamma = 0.97 if FIX else 1.0
buf, p, t, eps = [], (0, 0), 0, 1.0


def evaluate():
    ok = 0
    for s in [(i, j) for i in range(SIZE) for j in range(SIZE) if (i, j) != (SIZE - 1, SIZE - 1)]:
        for _ in range(12):
            s, _, d = move(s, int(net(obs(s)).argmax()))
            if d:
                ok += 1
                break
    return ok / (SIZE * SIZE - 1)


for step in range(2500):
    eps = max(0.3, 1 - step / 1200)
    with torch.no_grad():
        a = random.randrange(4) if random.random() < eps else int(torch.nan_to_num(net(obs(p))).argmax())
    q, r, d = move(p, a)
    buf.append((obs(p), a, r, obs(q), float(d)))
    t += 1
    p = q
    if d or t > 30:
        p, t = (random.randrange(SIZE), random.randrange(SIZE - 1)), 0
    if step < 64:
        continue
    s, a, r, s2, d = zip(*random.sample(buf[-2000:], 32))
    s, s2, a, r, d = torch.stack(s), torch.stack(s2), torch.tensor(a), torch.tensor(r), torch.tensor(d)
    with torch.no_grad():
        nxt = (target if FIX else net)(s2).max(1)[0]
        y = r + gamma * nxt * (1 - d) if FIX else r + gamma * nxt
    loss = F.mse_loss(net(s).gather(1, a[:, None])[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        target.load_state_dict(net.state_dict())
    if step % 400 == 0:
        print(f"step {step} td {loss.item():.4g} q {nxt.mean().item():.4g}")
print(f"FINAL loss={loss.item():.4g} metric={evaluate():.3f}")
