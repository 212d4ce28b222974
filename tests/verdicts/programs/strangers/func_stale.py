# miswired not_learning plateau
# torch.func: gradients are taken at a copy of the parameters made once at the start, the updates go to the module, which is never read again in the loss
# mended by: the parameter dict is read from the module at every step
# cause words: copy stale functional_call params snapshot clone
import os
import torch
from torch import nn
from torch.func import functional_call, grad_and_value, vmap

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13)
net = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 1))
snapshot = {k: v.detach().clone() for k, v in net.named_parameters()}


def loss_one(params, x, y):
    return (functional_call(net, params, (x[None],)).squeeze() - y) ** 2


def batch_loss(params, X, Y):
    return vmap(loss_one, in_dims=(None, 0, 0))(params, X, Y).mean()


gv = grad_and_value(batch_loss)
X = torch.randn(3000, 5)
Y = torch.sin(X[:, 0]) + X[:, 1] * X[:, 2] * 0.5 + 0.3 * X[:, 3]
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(800):
    i = torch.randint(0, 2500, (64,))
    if FIX:
        params = {k: v.detach() for k, v in net.named_parameters()}
    else:
        params = snapshot
    grads, value = gv(params, X[i], Y[i])
    for k, p in net.named_parameters():
        p.grad = grads[k]
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {value.item():.4f}")
with torch.no_grad():
    mse = (net(X[2500:]).squeeze(1) - Y[2500:]).pow(2).mean().item()
print(f"FINAL loss={value.item():.4f} metric={mse:.4f}")
