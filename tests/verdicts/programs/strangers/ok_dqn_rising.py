# healthy
# the TD loss of the DQN rises while the values grow from 0 to their true level and jumps at each target sync; the greedy policy becomes good
import random
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(37); random.seed(37)
N = 12
def onehot(s): return F.one_hot(torch.as_tensor(s), N).float()
def env_step(s, a):
    s2 = max(0, min(N - 1, s + (1 if a == 1 else -1)))
    if random.random() < 0.1: s2 = s
    r = 5.0 if s2 == N - 1 else (0.2 if s2 == 0 else 0.0)
    return s2, r
q, target = [nn.Sequential(nn.Linear(N, 48), nn.ReLU(), nn.Linear(48, 2)) for _ in range(2)]
target.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3); buf, s, t = [], 0, 0
def greedy_return():
    tot = 0.0
    for _ in range(20):
        s = random.randint(0, 4)
        for _ in range(40):
            with torch.no_grad(): a = q(onehot(s)).argmax().item()
            s, r = env_step(s, a); tot += r
    return tot / 20
print(f"start return {greedy_return():.2f}")
for step in range(2500):
    eps = max(0.1, 1 - step / 1200)
    if t % 30 == 0: s = random.randint(0, N - 1)
    t += 1
    with torch.no_grad(): a = random.randint(0, 1) if random.random() < eps else q(onehot(s)).argmax().item()
    s2, r = env_step(s, a); buf.append((s, a, r, s2)); s = s2
    if len(buf) < 64: continue
    S, A, R, S2 = map(torch.tensor, zip(*random.sample(buf, 64)))
    with torch.no_grad(): y = R + 0.95 * target(onehot(S2)).max(1).values
    loss = F.smooth_l1_loss(q(onehot(S)).gather(1, A[:, None]).squeeze(1), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 50 == 0: target.load_state_dict(q.state_dict())
    if step % 250 == 0: print(step, f"td {loss.item():.4f} value {y.mean().item():.2f}")
print(f"FINAL loss={loss.item():.4f} metric={greedy_return():.3f}")
