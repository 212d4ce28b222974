# healthy
# looks suspicious: a frozen teacher, a student whose stem is frozen for the first 200 steps (no gradient there), loss jumps when it is thawed with a new param group
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(53)
torch.set_num_threads(1)

def net(h):
    return nn.ModuleDict(dict(stem=nn.Sequential(nn.Linear(10, h), nn.ReLU()), head=nn.Sequential(nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 6))))
run = lambda m, x: m['head'](m['stem'](x))
c = torch.randn(6, 10) * 0.9

def batch(n):
    y = torch.randint(0, 6, (n,))
    return (c[y] + 0.7 * torch.randn(n, 10), y)
T, S = (net(96), net(16))
o = torch.optim.Adam(T.parameters(), 0.002)
for s in range(300):
    x, y = batch(128)
    l = F.cross_entropy(run(T, x), y)
    o.zero_grad()
    l.backward()
    o.step()
T.requires_grad_(False).eval()
print(f'teacher {l.item():.4f}')
S['stem'].requires_grad_(False)
opt = torch.optim.AdamW(S['head'].parameters(), lr=0.002)
tau = 3.0
for s in range(1000):
    if s == 200:
        S['stem'].requires_grad_(True)
        opt.add_param_group({'params': S['stem'].parameters(), 'lr': 0.004})
    x, y = batch(128)
    lt, ls = (run(T, x), run(S, x))
    kd = F.kl_div(F.log_softmax(ls / tau, 1), F.log_softmax(lt / tau, 1), log_target=True, reduction='batchmean') * tau ** 2
    loss = 0.8 * kd + 0.2 * F.cross_entropy(ls, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 100 == 0:
        print(f'step {s} kd {kd.item():.4f} loss {loss.item():.4f}')
x, y = batch(3000)
agree = (run(S, x).argmax(1) == run(T, x).argmax(1)).float().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={agree:.4f}')
