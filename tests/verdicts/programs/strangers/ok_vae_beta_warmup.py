# healthy
# VAE with KL warm-up and summed loss: the total loss rises while beta rises, numbers and gradients are large (sum over pixels); it is as meant
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
S = 14
basis = torch.randn(4, S * S) * 2
Z = torch.randn(2000, 4)
data = torch.sigmoid(Z @ basis)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(S * S, 96)
        self.mu, self.logvar = nn.Linear(96, 6), nn.Linear(96, 6)
        self.fc3, self.fc4 = nn.Linear(6, 96), nn.Linear(96, S * S)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, lv = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        return self.fc4(F.relu(self.fc3(z))), mu, lv


model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
EPOCHS = 24
for epoch in range(EPOCHS):
    beta = min(1.0, max(0, epoch - 4) / 12) * 2
    rec_t = kl_t = 0.0
    for b in torch.randperm(2000).split(64):
        x = data[b]
        logits, mu, lv = model(x)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * torch.sum(1 + lv - mu.pow(2) - lv.exp())
        loss = rec + beta * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rec_t, kl_t = rec_t + rec.item() / 2000, kl_t + kl.item() / 2000
    if epoch % 3 == 0:
        print(f"epoch {epoch} beta {beta:.2f} rec {rec_t:.2f} kl {kl_t:.2f} total {rec_t + beta * kl_t:.2f}")
with torch.no_grad():
    out, mu, lv = model(data)
    r2 = 1 - ((torch.sigmoid(out) - data) ** 2).mean() / data.var(0).mean()
print(f"FINAL loss={rec_t + beta * kl_t:.3f} metric={r2.item():.4f}")
