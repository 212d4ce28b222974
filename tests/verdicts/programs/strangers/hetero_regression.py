# miswired exploding_gradient nonfinite not_learning vanishing_gradient
# The log-variance term of the Gaussian likelihood has the wrong sign, so the loss falls without bound by growing the variance and the mean learns nothing.
# mended by: Add 0.5*log_var instead of subtracting it.
"""Regression with predicted uncertainty (Kendall & Gal style)."""
import os
import torch
import torch.nn as nn


class MeanVar(nn.Module):
    def __init__(self, din, width=64):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(din, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.mean = nn.Linear(width, 1)
        self.log_var = nn.Linear(width, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h).squeeze(-1), self.log_var(h).squeeze(-1)


def gaussian_nll(mean, log_var, target):
    precision = torch.exp(-log_var)
    if os.environ.get("FIX") == "1":
        return (0.5 * precision * (target - mean) ** 2 + 0.5 * log_var).mean()
    return (0.5 * precision * (target - mean) ** 2 - 0.5 * log_var).mean()


def sample(n):
    x = torch.rand(n, 3) * 4 - 2
    f = torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2]
    return x, f + (0.1 + 0.2 * x[:, 0].abs()) * torch.randn(n)


def main():
    torch.manual_seed(55)
    model = MeanVar(3)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    xt, yt = sample(1000)
    for it in range(300):
        x, y = sample(128)
        loss = gaussian_nll(*model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if it % 50 == 0 or it == 299:
            with torch.no_grad():
                m, lv = model(xt)
            rmse = (m - yt).pow(2).mean().sqrt().item()
            print(f"{it:4d} nll {loss.item():.4f} test rmse {rmse:.4f} mean log var {lv.mean().item():.2f} (std of y {yt.std().item():.2f})")


if __name__ == "__main__":
    main()
