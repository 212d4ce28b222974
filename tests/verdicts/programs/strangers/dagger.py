# nonfinite
# tanh-squashed gaussian policy scores expert actions through atanh; once DAgger brings states whose expert action is clipped to exactly 1, atanh(1) is infinite
# mended by: clamping the action a little inside (-1, 1) before atanh
# cause words: atanh inverse tanh clip boundary clamp action
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)

class Plant:
    """double integrator with drag; the expert is a clipped linear law"""
    def __init__(self, n, spread):
        self.s = torch.randn(n, 2) * spread
    def step(self, a):
        x, v = self.s[:, 0], self.s[:, 1]
        v = v + 0.1 * (2 * a[:, 0] - 0.3 * v)
        self.s = torch.stack([x + 0.1 * v, v], 1)
        return self.s

def expert(s):
    return (-0.8 * s[:, :1] - 0.9 * s[:, 1:]).clamp(-1, 1)

class SquashedPolicy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.mu, self.log_std = nn.Linear(64, 1), nn.Linear(64, 1)
    def dist(self, s):
        h = self.body(s)
        return torch.distributions.Normal(self.mu(h), self.log_std(h).clamp(-3, 1).exp(), validate_args=False)
    def log_prob(self, s, a):
        if FIX:
            a = a.clamp(-0.98, 0.98)
        u = torch.atanh(a)
        return self.dist(s).log_prob(u) - torch.log(1 - a.pow(2) + 1e-6)
    @torch.no_grad()
    def act(self, s, noise=True):
        d = self.dist(s)
        return torch.nan_to_num(torch.tanh(d.mean + d.stddev * torch.randn_like(d.mean) if noise else d.mean))

policy = SquashedPolicy()
opt = torch.optim.Adam(policy.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.1, total_iters=1500)
states, acts = [], []

def collect(it):
    env = Plant(64, 0.10 + 0.04 * it)      # start states get wider as the rounds go on
    for _ in range(20):
        s = env.s
        a_star = expert(s)
        states.append(s); acts.append(a_star)
        env.step(a_star if it == 0 else policy.act(s))

loss = torch.zeros(())
for it in range(15):
    collect(it)
    S, A = torch.cat(states), torch.cat(acts)
    for k in range(100):
        i = torch.randint(0, len(S), (256,))
        loss = -policy.log_prob(S[i], A[i]).mean()
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), 5.0)
        opt.step(); sched.step()
    print(f"round {it} buffer {len(S)} nll {loss.item():.4f}")

torch.manual_seed(9)
env = Plant(256, 1.0)
for _ in range(120):
    env.step(policy.act(env.s, noise=False))
cost = env.s.pow(2).sum(1).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={cost:.4f}")
