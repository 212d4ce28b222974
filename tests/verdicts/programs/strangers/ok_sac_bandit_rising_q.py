# healthy
# soft actor-critic on a point-mass task: the critic loss rises fortyfold while returns grow, the actor loss runs to -14 without settling, target nets get no gradients; the return improves a lot
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, o))


pi, q1, q2 = mlp(2, 2), mlp(3, 1), mlp(3, 1)
t1, t2 = (copy.deepcopy(q).requires_grad_(False) for q in (q1, q2))
po = torch.optim.Adam(pi.parameters(), lr=1e-3)
qo = torch.optim.Adam([*q1.parameters(), *q2.parameters()], lr=2e-3)
alpha, gamma = 0.05, 0.95


def act(o):
    mu, ls = pi(o).chunk(2, 1)
    std = ls.clamp(-4, 1).exp()
    u = mu + std * torch.randn_like(mu)
    lp = (-0.5 * ((u - mu) / std) ** 2 - std.log() - 0.919).sum(1)
    a = torch.tanh(u)
    return a, lp - torch.log(1 - a ** 2 + 1e-6).sum(1)


def env_step(s, a):
    v = (0.9 * s[:, 1] + 0.3 * a[:, 0]).clamp(-1, 1)
    x = (s[:, 0] + 0.3 * v).clamp(-2, 2)
    return torch.stack([x, v], 1), torch.exp(-((x - 1.5) ** 2) / 0.1) + 0.1 * x


def q(net, s, a):
    return net(torch.cat([s, a], 1)).squeeze(1)


s = torch.zeros(32, 2)
buf, rew = [], []
for step in range(1500):
    with torch.no_grad():
        a = act(s)[0] if step > 40 else torch.rand(32, 1) * 2 - 1
        n, r = env_step(s, a)
    buf.append((s, a, r, n))
    rew.append(r.mean().item())
    s = torch.where(torch.rand(32, 1) < 0.03, torch.rand(32, 2) * 2 - 1.5, n)
    bs, ba, br, bn = (torch.cat(z) for z in zip(*[buf[i] for i in torch.randint(max(0, len(buf) - 800), len(buf), (4,))]))
    with torch.no_grad():
        na, lp = act(bn)
        y = br + gamma * (torch.min(q(t1, bn, na), q(t2, bn, na)) - alpha * lp)
    ql = F.mse_loss(q(q1, bs, ba), y) + F.mse_loss(q(q2, bs, ba), y)
    qo.zero_grad()
    ql.backward()
    qo.step()
    na, lp = act(bs)
    pl = (alpha * lp - torch.min(q(q1, bs, na), q(q2, bs, na))).mean()
    po.zero_grad()
    pl.backward()
    po.step()
    with torch.no_grad():
        for a_, b_ in ((t1, q1), (t2, q2)):
            torch._foreach_lerp_(list(a_.parameters()), list(b_.parameters()), 0.02)
    if step % 150 == 0:
        print(step, ql.item(), pl.item(), sum(rew[-50:]) / len(rew[-50:]))
print(f"FINAL loss={ql.item():.4f} metric={sum(rew[-200:]) / 200:.3f} (first 100: {sum(rew[:100]) / 100:.3f})")
