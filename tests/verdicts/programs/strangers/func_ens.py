# healthy
# torch.func ensemble updated by hand, no optimizer object, very large rate (2.0) after warm-up on gradients normalised per member
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap, grad_and_value

torch.manual_seed(14)
E = 5
nets = [nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1)) for _ in range(E)]
params, _ = stack_module_state(nets)
params = {k: v.detach() for k, v in params.items()}
proto = nets[0]


def loss_fn(p, x, y):
    return (functional_call(proto, p, (x,)).squeeze(-1) - y).pow(2).mean()


step_fn = vmap(grad_and_value(loss_fn))


def f(x):
    return torch.sin(2 * x[:, 0]) * x[:, 1]


X = torch.rand(2000, 2) * 4 - 2
Y = f(X)
vel = {k: torch.zeros_like(v) for k, v in params.items()}
TOP, STEPS = 2.0, 1500
for s in range(STEPS):
    lr = TOP * min(1.0, (s + 1) / 150) * (1 - s / STEPS) ** 2
    idx = torch.randint(0, 2000, (E, 64))
    g, l = step_fn(params, X[idx], Y[idx])
    norm = torch.stack([v.flatten(1).pow(2).sum(1) for v in g.values()]).sum(0).sqrt()
    for k in params:
        shape = (E,) + (1,) * (g[k].ndim - 1)
        vel[k] = 0.9 * vel[k] + 0.1 * g[k] / (norm.view(shape) + 1e-3)
        params[k] = params[k] - lr * 0.05 * vel[k]
    if s % 150 == 0:
        print(f"{s} lr {lr:.3f} losses {[round(v, 4) for v in l.tolist()]}")
xt = torch.rand(1000, 2) * 4 - 2
pred = vmap(lambda p: functional_call(proto, p, (xt,)).squeeze(-1))(params).mean(0)
mse = (pred - f(xt)).pow(2).mean()
print(f"FINAL loss={l.mean().item():.4f} metric={1 - mse / f(xt).var():.4f}")
