# healthy
# the TD loss rises while values propagate from the goal and moves with each target update; the return gets better
import copy, random, torch, torch.nn as nn
random.seed(2); torch.manual_seed(2)
S, walls, goal = 6, {(1, 1), (1, 2), (1, 3), (3, 2), (3, 3), (3, 4), (4, 1)}, (5, 5)
def one(p): v = torch.zeros(S * S); v[p[0] * S + p[1]] = 1; return v
def move(p, a):
    q = (p[0] + (1, -1, 0, 0)[a], p[1] + (0, 0, 1, -1)[a])
    if not (0 <= q[0] < S and 0 <= q[1] < S) or q in walls: q = p
    return q, (1.0 if q == goal else -0.02), q == goal
q_net = nn.Sequential(nn.Linear(S * S, 64), nn.ReLU(), nn.Linear(64, 4))
target = copy.deepcopy(q_net).requires_grad_(False)
opt = torch.optim.Adam(q_net.parameters(), lr=2e-3)
mem, steps, avg = [], 0, 0.0
for ep in range(160):
    p, ret = (0, 0), 0.0
    eps = max(0.05, 1 - ep / 80)
    for t in range(40):
        a = random.randrange(4) if random.random() < eps else q_net(one(p)).argmax().item()
        p2, r, done = move(p, a); mem.append((one(p), a, r, one(p2), float(done))); p = p2; ret += r; steps += 1
        if len(mem) > 200 and steps % 2 == 0:
            s, a_, r_, s2, d = zip(*random.sample(mem, 64))
            s, s2 = torch.stack(s), torch.stack(s2); a_, r_, d = map(torch.tensor, (a_, r_, d))
            y = r_ + 0.95 * (1 - d) * target(s2).max(1).values
            loss = nn.functional.smooth_l1_loss(q_net(s).gather(1, a_[:, None]).squeeze(1), y)
            opt.zero_grad(); loss.backward(); opt.step()
        if steps % 200 == 0: target.load_state_dict(q_net.state_dict())
        if done: break
    avg = 0.9 * avg + 0.1 * ret
    if ep % 20 == 0: print(f"ep {ep} return {avg:.3f} eps {eps:.2f}")
print(f"FINAL loss={loss.item():.5f} metric={avg:.4f}")
