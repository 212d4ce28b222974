# exploding_gradient nonfinite
# recurrent weights initialised with 1.4 times the identity in a ReLU RNN: activations and gradients grow as 1.4^T, no clipping
# mended by: identity times 1.0 (IRNN) and clipping
# cause words: recurrent, identity, explode, spectral, clip, initial
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
T = 45


def adding_problem(n):
    v = torch.rand(n, T)
    m = torch.zeros(n, T)
    i = torch.randint(0, T // 2, (n,))
    j = torch.randint(T // 2, T, (n,))
    m[torch.arange(n), i] = 1
    m[torch.arange(n), j] = 1
    return torch.stack([v, m], -1), (v * m).sum(1)


class IRNN(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.rnn = nn.RNN(2, h, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(h, 1)
        with torch.no_grad():
            self.rnn.weight_hh_l0.copy_(torch.eye(h) * (1.0 if FIX else 1.4))
            self.rnn.weight_ih_l0.normal_(0, 0.05)
            self.rnn.bias_hh_l0.zero_()
            self.rnn.bias_ih_l0.zero_()

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1]).squeeze(-1)


model = IRNN()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
crit = nn.MSELoss()
avg = None
for step in range(1200):
    x, y = adding_problem(48)
    loss = crit(model(x), y)
    opt.zero_grad()
    loss.backward()
    if FIX:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    avg = loss.item() if avg is None else 0.98 * avg + 0.02 * loss.item()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4g} avg {avg:.4g}")

with torch.no_grad():
    x, y = adding_problem(2000)
    mse = crit(model(x), y).item()
print(f"FINAL loss={mse:.4g} metric={1 - mse / y.var().item():.3f}")
