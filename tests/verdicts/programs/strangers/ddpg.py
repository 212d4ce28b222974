# miswired exploding_gradient
# actor-critic with two networks: the critic's step comes after the actor loss -Q(s, pi(s)) was also backpropagated, so the critic is pushed to make Q larger for everything
# mended by: stepping the critic before the actor's backward (and zeroing its gradients)
# cause words: critic actor accumulate zero_grad Q gradient
import os, copy, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17); torch.set_num_threads(1)

def mlp(i, o, *tail):
    return nn.Sequential(nn.Linear(i, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, o), *tail)

class Replay:
    def __init__(self, cap):
        self.buf, self.cap, self.n = [torch.zeros(cap, k) for k in (2, 1, 1, 2)], cap, 0
    def add(self, *parts):
        k = len(parts[0]); i = torch.arange(self.n, self.n + k) % self.cap
        for b, p in zip(self.buf, parts): b[i] = p
        self.n += k
    def sample(self, k):
        i = torch.randint(0, min(self.n, self.cap), (k,))
        return [b[i] for b in self.buf]

class DDPG:
    def __init__(self, gamma=0.9, tau=0.02):
        self.actor, self.critic = mlp(2, 1, nn.Tanh()), mlp(3, 1)
        self.ta, self.tc = copy.deepcopy(self.actor), copy.deepcopy(self.critic)
        self.oa, self.oc = torch.optim.Adam(self.actor.parameters(), 1e-3), torch.optim.Adam(self.critic.parameters(), 2e-3)
        self.gamma, self.tau = gamma, tau
    def q(self, net, s, a):
        return net(torch.cat([s, a], 1))
    def update(self, s, a, r, s2):
        with torch.no_grad():
            y = r + self.gamma * self.q(self.tc, s2, self.ta(s2))
        self.oa.zero_grad(); self.oc.zero_grad()
        critic_loss = F.mse_loss(self.q(self.critic, s, a), y)
        critic_loss.backward()
        if FIX:
            self.oc.step()
        actor_loss = -self.q(self.critic, s, self.actor(s)).mean()
        actor_loss.backward()
        if not FIX:
            self.oc.step()
        self.oa.step()
        with torch.no_grad():
            for t, o in ((self.ta, self.actor), (self.tc, self.critic)):
                for p, q in zip(t.parameters(), o.parameters()): p.lerp_(q, self.tau)
        return critic_loss.item(), actor_loss.item()

def dynamics(s, a):
    v = 0.9 * s[:, 1:] + 0.3 * a
    x = (s[:, :1] + 0.3 * v).clamp(-3, 3)
    return torch.cat([x, v], 1), -(x.pow(2) + 0.1 * v.pow(2) + 0.01 * a.pow(2))

agent, rb = DDPG(), Replay(8000)
s = torch.randn(8, 2)
for step in range(1800):
    with torch.no_grad():
        a = (agent.actor(s) + 0.3 * torch.randn(8, 1)).clamp(-1, 1)
    s2, r = dynamics(s, a)
    rb.add(s, a, r, s2)
    s = torch.where(torch.rand(8, 1) < 0.04, torch.randn(8, 2), s2)
    if step > 50:
        cl, al = agent.update(*rb.sample(64))
        if step % 200 == 0:
            print(f"step {step} critic {cl:.4f} actor {al:.4f}")
torch.manual_seed(5)
s, ret = torch.randn(200, 2), 0
with torch.no_grad():
    for _ in range(30):
        s, r = dynamics(s, agent.actor(s)); ret += r.mean().item()
print(f"FINAL loss={cl:.4f} metric={ret:.4f}")
