# healthy
# looks suspicious: generator and discriminator losses stay near log 2 / 2 log 2 and do not fall; that is the equilibrium, the samples match
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(47)
torch.set_num_threads(1)
G = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
D = nn.Sequential(nn.Linear(1, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
og, od = (torch.optim.Adam(G.parameters(), 0.001, betas=(0.5, 0.9)), torch.optim.Adam(D.parameters(), 0.002, betas=(0.5, 0.9)))
avg = torch.nn.Module.state_dict(G)
avg = {k: v.clone() for k, v in avg.items()}

def real(n):
    return 2.0 + 0.7 * torch.randn(n, 1)
bce = F.binary_cross_entropy_with_logits
for s in range(2000):
    x = real(128)
    z = G(torch.randn(128, 4)).detach()
    x.requires_grad_()
    dx, dz = (D(x), D(z))
    gp = torch.autograd.grad(dx.sum(), x, create_graph=True)[0].pow(2).mean()
    ld = bce(dx, torch.ones_like(dx)) + bce(dz, torch.zeros_like(dz)) + 0.2 * gp
    od.zero_grad()
    ld.backward()
    od.step()
    dg = D(G(torch.randn(128, 4)))
    lg = bce(dg, torch.ones_like(dg))
    og.zero_grad()
    lg.backward()
    og.step()
    for k, v in G.state_dict().items():
        avg[k].lerp_(v, 0.01)
    if s % 200 == 0:
        print(f'step {s} D {ld.item():.4f} G {lg.item():.4f}')
G.load_state_dict(avg)
with torch.no_grad():
    a, b = (G(torch.randn(4000, 4)).sort(0).values, real(4000).sort(0).values)
print(f'FINAL loss={lg.item():.4f} metric={(a - b).abs().mean():.4f}')
