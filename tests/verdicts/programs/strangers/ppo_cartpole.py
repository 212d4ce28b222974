# healthy
# PPO on CartPole; loss is no measure of progress (flat/noisy), episode length grows 22 -> ~260. metric = episode length (cap 300).
"""PPO on a vectorised CartPole: surrogate + value + entropy; the loss is no measure of progress, the episode length is."""
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(22)
N, T = 16, 96

class CartPole:
    def __init__(self, n): self.s = (torch.rand(n, 4) - 0.5) * 0.1; self.t = torch.zeros(n)
    def step(self, a):
        x, xd, th, thd = self.s.unbind(1)
        f = a.float() * 20 - 10; c, s = th.cos(), th.sin()
        tmp = (f + 0.05 * thd ** 2 * s) / 1.1
        tha = (9.8 * s - c * tmp) / (0.5 * (4 / 3 - 0.1 * c ** 2 / 1.1)); xa = tmp - 0.05 * tha * c / 1.1
        self.s = torch.stack([x + 0.02 * xd, xd + 0.02 * xa, th + 0.02 * thd, thd + 0.02 * tha], 1); self.t += 1
        done = (self.s[:, 0].abs() > 2.4) | (self.s[:, 2].abs() > 12 * math.pi / 180) | (self.t >= 300)
        ln = self.t[done].tolist()
        self.s = torch.where(done[:, None], (torch.rand_like(self.s) - 0.5) * 0.1, self.s); self.t[done] = 0
        return self.s, done, ln

pi = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
vf = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
for net, g in ((pi, 0.01), (vf, 1.0)):
    for m in net:
        if isinstance(m, nn.Linear): nn.init.orthogonal_(m.weight, 2 ** .5); nn.init.zeros_(m.bias)
    nn.init.orthogonal_(net[-1].weight, g)
params = [*pi.parameters(), *vf.parameters()]
opt = torch.optim.Adam(params, lr=2e-3, eps=1e-5)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.1, total_iters=22)
env = CartPole(N); s = env.s
hist, lens = [], []
for it in range(22):
    S, A, LP, V, R, Dn = [], [], [], [], [], []
    with torch.no_grad():
        for _ in range(T):
            d = torch.distributions.Categorical(logits=pi(s), validate_args=False); a = d.sample()
            S.append(s); A.append(a); LP.append(d.log_prob(a)); V.append(vf(s).squeeze(1))
            s, done, ln = env.step(a); lens += ln
            Dn.append(done.float())
        nv = vf(s).squeeze(1); adv = torch.zeros(T, N); last = torch.zeros(N)
        for t in reversed(range(T)):
            delta = 0.1 + 0.98 * nv * (1 - Dn[t]) - V[t]
            last = delta + 0.98 * 0.95 * (1 - Dn[t]) * last; adv[t] = last; nv = V[t]
    S, A, LP, V = torch.cat(S), torch.cat(A), torch.cat(LP), torch.cat(V); adv = adv.flatten(); ret = adv + V
    for _ in range(4):
        for idx in torch.randperm(N * T).chunk(4):
            d = torch.distributions.Categorical(logits=pi(S[idx]), validate_args=False)
            ad = adv[idx]; ad = (ad - ad.mean()) / (ad.std() + 1e-8)
            ratio = (d.log_prob(A[idx]) - LP[idx]).exp()
            pl = -torch.min(ratio * ad, ratio.clamp(0.8, 1.2) * ad).mean()
            vl = F.mse_loss(vf(S[idx]).squeeze(1), ret[idx])
            loss = pl + 0.5 * vl - 0.005 * d.entropy().mean()
            opt.zero_grad(); loss.backward()
            nn.utils.clip_grad_norm_(params, 2.0)
            opt.step(); hist.append(loss.item())
    sched.step()
    if it % 3 == 0: print(it, f"loss {loss.item():+.4f} length {sum(lens[-20:])/max(1,len(lens[-20:])):.1f}")
print(f"FINAL loss={sum(hist[-35:])/35:.5f} metric={sum(lens[-20:])/20:.1f}")
