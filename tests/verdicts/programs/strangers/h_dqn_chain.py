# healthy
# DQN with replay and a target network: the TD loss rises while the Q-values grow from zero, jumps at each target update, never gets small; the policy is good
import copy, random, torch, torch.nn as nn
random.seed(49); torch.manual_seed(49)
N, GAMMA = 10, 0.95
def feat(s): return nn.functional.one_hot(torch.as_tensor(s), N).float()
def env(s, a):
    if random.random() < 0.1: a = 1 - a
    s2 = min(N - 1, s + 1) if a else max(0, s - 2)
    return s2, (10.0 if s2 == N - 1 else 0.2 * (s2 == 0)) + random.gauss(0, 0.5), s2 == N - 1
class ReplayBuffer:
    def __init__(self, cap=3000): self.cap, self.d = cap, []
    def push(self, *t): self.d.append(t); self.d = self.d[-self.cap:]
    def sample(self, n):
        s, a, r, s2, d = zip(*random.sample(self.d, n))
        return feat(s), torch.tensor(a), torch.tensor(r), feat(s2), torch.tensor(d).float()
q = nn.Sequential(nn.Linear(N, 48), nn.ReLU(), nn.Linear(48, 2)); target = copy.deepcopy(q)
opt = torch.optim.Adam(q.parameters(), lr=1e-3); buf = ReplayBuffer()
s, t = 0, 0; hist = []
for step in range(3000):
    eps = max(0.1, 1 - step / 1500)
    a = random.randrange(2) if random.random() < eps else int(q(feat(s)).argmax())
    s2, r, d = env(s, a); buf.push(s, a, r, s2, d); t += 1
    s, t = (0, 0) if d or t > 60 else (s2, t)
    if step < 200: continue
    S, A, R, S2, Dn = buf.sample(32)
    with torch.no_grad(): y = R + GAMMA * (1 - Dn) * target(S2).max(1).values
    loss = nn.functional.smooth_l1_loss(q(S).gather(1, A[:, None]).squeeze(1), y)
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 100 == 0: target.load_state_dict(q.state_dict())
    if step % 500 == 0: print(f"step {step} loss {sum(hist[-50:]) / 50:.4f} Q {q(feat(0)).max().item():.3f}")
tot = []
for ep in range(50):
    s, k, d = 0, 0, False
    while not d and k < 60:
        s, r, d = env(s, int(q(feat(s)).argmax())); k += 1
    tot.append(k if d else 60)
print(f"FINAL loss={hist[-1]:.4f} metric={sum(tot) / 50:.3f}")
