# healthy
# top-1 mixture of experts with more experts than regimes: some experts get no samples and no gradients in most steps, the mixture fits well
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, E, N, K = 10, 10, 4096, 4
cent = torch.randn(K, D) * 2
c = torch.randint(0, K, (N,))
x = cent[c] + torch.randn(N, D)
y = (x * torch.randn(K, D)[c]).sum(1) / D ** 0.5 + 0.05 * torch.randn(N)
gate = nn.Linear(D, E)
experts = nn.ModuleList(nn.Sequential(nn.Linear(D, 32), nn.ReLU(), nn.Linear(32, 1)) for _ in range(E))
opt = torch.optim.Adam(list(gate.parameters()) + list(experts.parameters()), lr=3e-3)


def forward(x):
    p = gate(x).softmax(1)
    top = p.argmax(1)
    out = torch.zeros(len(x))
    for e in range(E):
        m = top == e
        if m.any():
            out[m] = experts[e](x[m]).squeeze(1) * (p[m, e] / p[m, e].detach())
    return out, top


for step in range(900):
    j = torch.randint(0, N, (128,))
    out, top = forward(x[j])
    loss = F.mse_loss(out, y[j])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if step % 90 == 0:
        print(f"step {step} loss {loss.item():.4f} experts used {top.unique().numel()}")
with torch.no_grad():
    r2 = 1 - F.mse_loss(forward(x)[0], y).item() / y.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.3f} (r2)")
