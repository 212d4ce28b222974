# healthy
# first an autoencoder by Adam, then a probe on its frozen code by another optimizer; the probe's labels are drawn from soft probabilities, so its loss stays near ln(3), at its optimum
# rule: M
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(89)
torch.set_num_threads(1)
D, Z, C, BS = 64, 5, 3, 128
mix = torch.randn(Z, D)
head_true = torch.randn(Z, C) * 0.25


def batch(n):
    z = torch.randn(n, Z)
    x = z @ mix + 0.3 * torch.randn(n, D)
    logits = z @ head_true
    return x, torch.distributions.Categorical(logits=logits).sample(), logits


enc = nn.Sequential(nn.Linear(D, 48), nn.Tanh(), nn.Linear(48, Z))
dec = nn.Sequential(nn.Linear(Z, 48), nn.Tanh(), nn.Linear(48, D))
opt = torch.optim.Adam([*enc.parameters(), *dec.parameters()], lr=3e-3)
for step in range(900):
    x, _, _ = batch(BS)
    loss = F.mse_loss(dec(enc(x)), x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print("autoencoder", step, f"{loss.item():.4f}")
enc.requires_grad_(False)

probe = nn.Linear(Z, C)
nn.init.zeros_(probe.weight)
nn.init.zeros_(probe.bias)
popt = torch.optim.SGD(probe.parameters(), lr=0.05, momentum=0.9)
psched = torch.optim.lr_scheduler.CosineAnnealingLR(popt, 700)
for step in range(700):
    x, y, _ = batch(BS)
    loss = F.cross_entropy(probe(enc(x)), y)
    popt.zero_grad()
    loss.backward()
    popt.step()
    psched.step()
    if step % 100 == 0:
        print("probe", step, f"{loss.item():.4f} (ln 3 {math.log(3):.4f})")
with torch.no_grad():
    x, y, logits = batch(10000)
    out = probe(enc(x))
    final, best = F.cross_entropy(out, y).item(), F.cross_entropy(logits, y).item()
    agree = (out.argmax(1) == logits.argmax(1)).float().mean().item()
    r2 = 1 - F.mse_loss(dec(enc(x)), x).item() / x.var(0).mean().item()
print(f"best possible {best:.4f}, R2 of the autoencoder {r2:.4f}")
print(f"FINAL loss={final:.4f} metric={agree:.4f} (agreement with the Bayes choice)")
