# healthy
# VAE as in the PyTorch example: reduction sum over the batch (loss in the thousands, large gradients) and KL warm-up, so the total rises for a while
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
basis = torch.randn(5, 64)
data = torch.sigmoid(3 * torch.tanh(torch.randn(3000, 5) @ basis))


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 100)
        self.fc21, self.fc22 = nn.Linear(100, 8), nn.Linear(100, 8)
        self.fc3, self.fc4 = nn.Linear(8, 100), nn.Linear(100, 64)

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


model = VAE()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
step = 0
for epoch in range(24):
    p = torch.randperm(3000)
    for k in range(0, 3000, 100):
        x = data[p[k:k + 100]]
        rec, mu, lv = model(x)
        bce = F.binary_cross_entropy(rec, x, reduction="sum")
        kld = -0.5 * torch.sum(1 + lv - mu.pow(2) - lv.exp())
        beta = min(1.0, max(0.0, (step - 200) / 300))
        loss = bce + beta * kld
        opt.zero_grad()
        loss.backward()
        opt.step()
        step += 1
    if epoch % 2 == 0:
        print(f"epoch {epoch} beta {beta:.2f} loss {loss.item():.1f} kld {kld.item():.1f}")
with torch.no_grad():
    rec, _, _ = model(data)
    r2 = 1 - F.mse_loss(rec, data) / data.var()
print(f"FINAL loss={loss.item():.1f} metric={r2.item():.4f}")
