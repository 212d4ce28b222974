# healthy
# Second-order MAML by hand (create_graph, functional weights); short early plateau, metric = post-adaptation MSE (1.2-1.3 before adaptation).
"""MAML by hand (second order, functional weights, tasks batched with bmm): sine regression, 10 shots, one inner step."""
import math, torch, torch.nn as nn
torch.manual_seed(17)
H, T = 40, 10
P = nn.ParameterList([
    nn.Parameter(torch.randn(1, H)), nn.Parameter(torch.randn(H) * 0.5),
    nn.Parameter(torch.randn(H, H) / H ** .5), nn.Parameter(torch.zeros(H)),
    nn.Parameter(torch.randn(H, 1) / H ** .5), nn.Parameter(torch.zeros(1))])

def net(x, w):   # x (T,n,1), w: per-task weights
    h = torch.tanh(torch.baddbmm(w[1].unsqueeze(1), x, w[0]))
    h = torch.tanh(torch.baddbmm(w[3].unsqueeze(1), h, w[2]))
    return torch.baddbmm(w[5].unsqueeze(1), h, w[4])

def tasks(t, n=10):
    a = torch.rand(t, 1, 1) * 2.5 + 0.5; ph = torch.rand(t, 1, 1) * math.pi
    f = lambda x: a * torch.sin(x + ph)
    xs, xq = torch.rand(t, n, 1) * 10 - 5, torch.rand(t, 20, 1) * 10 - 5
    return xs, f(xs), xq, f(xq)

def adapt(xs, ys, lr=0.05, steps=2, create=True):
    w = [p.unsqueeze(0).expand(len(xs), *p.shape) for p in P]
    if not create: w = [p.detach().requires_grad_(True) for p in w]
    for _ in range(steps):
        l = (net(xs, w) - ys).pow(2).mean((1, 2)).sum()
        g = torch.autograd.grad(l, w, create_graph=create)
        w = [p - lr * gi for p, gi in zip(w, g)]
    return w

opt = torch.optim.Adam(P.parameters(), lr=4e-3)
hist = []
for step in range(480):
    xs, ys, xq, yq = tasks(T)
    loss = (net(xq, adapt(xs, ys)) - yq).pow(2).mean()
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(P.parameters(), 10.0)
    opt.step()
    hist.append(loss.item())
    if step % 70 == 0: print(step, f"{loss.item():.4f}")
xs, ys, xq, yq = tasks(400)
post = (net(xq, adapt(xs, ys, create=False)) - yq).pow(2).mean().item()
w0 = [p.unsqueeze(0).expand(400, *p.shape) for p in P]
pre = (net(xq, w0) - yq).pow(2).mean().item()
print("before adaptation", pre)
print(f"FINAL loss={sum(hist[-48:])/48:.5f} metric={post:.5f}")
