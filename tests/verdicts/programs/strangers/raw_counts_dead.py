# dead_relu
# SGD lr 0.1 on raw counts (0 to 30) that are neither centred nor scaled: after a few large steps the hidden ReLU biases are far negative and the hidden units give zero for every input
# mended by: standardised log counts
# cause words: dead relu scale standardis normalis zero
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, D = 4096, 16
X = torch.poisson(torch.rand(N, D) * 20)
wt = torch.randn(D)
z = torch.log1p(X)
z = (z - z.mean(0)) / z.std(0)
Y = (2 * torch.sin(z @ wt / 2) + z[:, 0] * z[:, 1]).unsqueeze(1)
feats = z if FIX else X
net = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
tr = slice(0, 3500)
for step in range(1500):
    i = torch.randint(0, 3500, (128,))
    loss = nn.functional.smooth_l1_loss(net(feats[i]), Y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        with torch.no_grad():
            h = net[1](net[0](feats[:500]))
            h2 = net[3](net[2](h))
        print(step, loss.item(), (h > 0).any(0).float().mean().item(), (h2 > 0).any(0).float().mean().item())
with torch.no_grad():
    p = net(feats[3500:])
    r2 = 1 - ((p - Y[3500:]) ** 2).mean() / Y[3500:].var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.3f}")
