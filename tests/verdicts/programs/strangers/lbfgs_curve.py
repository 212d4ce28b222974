# healthy
import torch
import torch.nn as nn

torch.manual_seed(61)
torch.set_default_dtype(torch.float64)
x = torch.linspace(-3, 3, 120).unsqueeze(1)
y = torch.sin(2 * x) + 0.3 * x ** 2 + 0.02 * torch.randn_like(x)
model = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn='strong_wolfe')
evals = 0


def closure():
    global evals
    evals += 1
    optimizer.zero_grad()
    loss = (model(x) - y).pow(2).mean()
    loss.backward()
    return loss


for it in range(100):
    loss = optimizer.step(closure)
    if it % 10 == 0 or it == 99:
        print('lbfgs step %d  evals %d  mse %.6f  variance %.3f' % (it, evals, loss.item(), y.var().item()))
