# healthy
# a linear program solved by projected gradient steps: the loss is linear in the weights, so the gradient is the same to the bit at every step while the loss falls; the projection makes it converge to the optimum
# rule: G
import torch
from torch import nn

torch.manual_seed(43)
torch.set_num_threads(1)
N, GROUPS = 4000, 100
cost = torch.randn(GROUPS, N // GROUPS)


def project_simplex(v):
    """Euclidean projection of each row on the probability simplex."""
    u, _ = torch.sort(v, dim=1, descending=True)
    css = u.cumsum(1) - 1
    k = torch.arange(1, v.shape[1] + 1)
    rho = (u - css / k > 0).sum(1, keepdim=True)
    theta = css.gather(1, rho - 1) / rho
    return (v - theta).clamp(min=0)


class Allocation(nn.Module):
    """Each of 100 orders is shared out among 40 suppliers; the cheapest is to be found."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.full((GROUPS, N // GROUPS), GROUPS / N))

    def forward(self):
        return (self.w * cost).sum()


model = Allocation()
opt = torch.optim.SGD(model.parameters(), lr=6e-3)
STEPS = 1800
best = cost.min(1).values.sum().item()
for step in range(STEPS):
    loss = model()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        model.w.copy_(project_simplex(model.w))
    if step % 200 == 0:
        print(step, f"cost {loss.item():.3f} best {best:.3f}")
final = model().item()
hit = (model.w.argmax(1) == cost.argmin(1)).float().mean().item()
print(f"FINAL loss={final:.4f} metric={hit:.4f} (orders with the cheapest supplier; optimum {best:.4f})")
