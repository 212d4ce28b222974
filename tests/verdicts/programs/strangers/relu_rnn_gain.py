# exploding_gradient badly_scaled oscillating_loss not_learning
# Recurrent matrix of a ReLU RNN starts as identity times calculate_gain('relu')=1.41, so state and gradients grow like 1.41^30 over time.
# mended by: identity start with gain 1.0
"""ReLU recurrent net with identity start on the adding problem."""
import argparse
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
p = argparse.ArgumentParser()
p.add_argument("--hidden", type=int, default=64)
p.add_argument("--seq", type=int, default=30)
p.add_argument("--steps", type=int, default=600)
p.add_argument("--lr", type=float, default=2e-3)
p.add_argument("--batch", type=int, default=64)
args = p.parse_args()
torch.manual_seed(3)


class IRNN(nn.Module):
    def __init__(self, n_in, n_hid):
        super().__init__()
        self.inp = nn.Linear(n_in, n_hid)
        self.rec = nn.Linear(n_hid, n_hid, bias=False)
        self.out = nn.Linear(n_hid, 1)
        self.reset_parameters()

    def reset_parameters(self):
        gain = 1.0 if FIX else nn.init.calculate_gain("relu")
        nn.init.normal_(self.inp.weight, std=0.3)
        nn.init.zeros_(self.inp.bias)
        nn.init.eye_(self.rec.weight)
        with torch.no_grad():
            self.rec.weight.mul_(gain)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], self.rec.in_features)
        for t in range(x.shape[1]):
            h = torch.relu(self.inp(x[:, t]) + self.rec(h))
        return self.out(h).squeeze(-1)


def batch(n, t):
    v = torch.rand(n, t)
    m = torch.zeros(n, t)
    i = torch.randint(0, t // 2, (n,))
    j = torch.randint(t // 2, t, (n,))
    m[torch.arange(n), i] = 1
    m[torch.arange(n), j] = 1
    return torch.stack([v, m], -1), (v * m).sum(1)


model = IRNN(2, args.hidden)
opt = torch.optim.Adam(model.parameters(), lr=args.lr)
log = []
for step in range(args.steps):
    x, y = batch(args.batch, args.seq)
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    log.append(loss.item())
    if step % 50 == 0:
        gn = sum(q.grad.norm() ** 2 for q in model.parameters()).sqrt().item()
        print(f"{step:4d} loss {loss.item():.4g} gnorm {gn:.3g}")
k = args.steps // 10
print(f"FINAL loss={sum(log[-k:]) / k:.5g} metric={1 - sum(log[-k:]) / k / (1 / 6):.5g}")
