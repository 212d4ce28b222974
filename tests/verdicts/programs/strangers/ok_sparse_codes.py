# healthy
# sparse autoencoder: wide ReLU layer with an L1 penalty, about two thirds of the activations are zero, as wanted; the signal is explained
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D, ATOMS, WIDE = 24, 48, 128
dictionary = nn.functional.normalize(torch.randn(ATOMS, D), dim=1)


def activations(n):
    code = (torch.rand(n, ATOMS) < 0.06).float() * (1 + torch.rand(n, ATOMS))
    return code @ dictionary + 0.02 * torch.randn(n, D)


class SAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(D, WIDE)
        self.dec = nn.Linear(WIDE, D)
        with torch.no_grad():
            self.dec.weight.copy_(self.enc.weight.T)

    def forward(self, x):
        h = torch.relu(self.enc(x - self.dec.bias))
        return self.dec(h), h


net = SAE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(2000):
    x = activations(128)
    out, h = net(x)
    rec = (out - x).pow(2).sum(1).mean()
    l1 = (h * net.dec.weight.norm(dim=0)).sum(1).mean()
    loss = rec + 0.08 * min(1.0, step / 500) * l1
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.4f} rec {rec.item():.4f} zero {(h == 0).float().mean().item():.3f}")
with torch.no_grad():
    x = activations(2000)
    out, h = net(x)
    ev = 1 - (out - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum()
    print(f"zero {(h == 0).float().mean().item():.3f} never on {(h.amax(0) == 0).float().mean().item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={ev.item():.4f}")
