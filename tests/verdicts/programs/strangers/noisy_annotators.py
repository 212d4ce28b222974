# healthy
"""40% of the training labels are replaced at random; a generalised cross entropy still finds the classes."""
import torch
import torch.nn as nn

torch.manual_seed(59)
K, D, Q = 8, 20, 0.7
mu = 1.3 * torch.randn(K, D)


def gen(n, noise):
    y = torch.randint(K, (n,))
    x = mu[y] + torch.randn(n, D)
    flip = torch.rand(n) < noise
    return x, torch.where(flip, torch.randint(K, (n,)), y)


class GCE(nn.Module):
    def forward(self, logits, y):
        p = logits.softmax(1).gather(1, y[:, None]).squeeze(1)
        return ((1 - p.clamp_min(1e-6) ** Q) / Q).mean()


def main():
    net = nn.Sequential(nn.Linear(D, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, K))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    crit = GCE()
    xv, yv = gen(1500, 0.0)
    for step in range(1, 401):
        x, y = gen(32, 0.4)
        opt.zero_grad()
        loss = crit(net(x), y)
        loss.backward()
        opt.step()
        if step % 50 == 0:
            with torch.no_grad():
                acc = (net(xv).argmax(1) == yv).float().mean().item()
            print("step", step, "train loss", round(loss.item(), 4), "clean test accuracy", round(acc, 4))


if __name__ == "__main__":
    main()
