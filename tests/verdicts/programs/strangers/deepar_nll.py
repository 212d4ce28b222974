# healthy
# probabilistic forecast (Gaussian NLL): the loss passes zero and goes on into the negative, with spikes from rare outages in the data; the forecasts are sharp and calibrated
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(48)
rng = np.random.default_rng(48)
t = np.arange(5000)
s = np.sin(2 * np.pi * t / 24) + 0.3 * np.sin(2 * np.pi * t / 12 + 1) + 0.03 * rng.standard_normal(5000)
for k in rng.integers(0, 4500, 15):
    s[k:k + 2] += rng.choice([-1, 1]) * 1.5
s = torch.tensor(s, dtype=torch.float32)
W = 36


class DeepAR(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, 40, batch_first=True)
        self.mu, self.sigma = nn.Linear(40, 1), nn.Linear(40, 1)

    def forward(self, x):
        h, _ = self.rnn(x[..., None])
        return self.mu(h)[..., 0], nn.functional.softplus(self.sigma(h)[..., 0]) + 1e-3


model = DeepAR()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(700):
    i = torch.randint(0, 4400, (32, 1)) + torch.arange(W + 1)
    w = s[i]
    mu, sd = model(w[:, :-1])
    loss = -torch.distributions.Normal(mu, sd).log_prob(w[:, 1:])[:, 6:].mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 50 == 0:
        print(f"step {step} nll {loss.item():.4f}")
with torch.no_grad():
    w = s[4550:5000].unfold(0, W + 1, 1)
    mu, sd = model(w[:, :-1])
    r2 = 1 - ((mu[:, -1] - w[:, -1]) ** 2).mean() / w[:, -1].var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f} (R2 of the mean)")
