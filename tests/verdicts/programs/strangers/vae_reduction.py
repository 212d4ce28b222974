# plateau not_learning
# the reconstruction is averaged over all pixels while the KL is summed over batch and latents: the KL outweighs it, the posterior collapses, the decoder gives the mean image
# mended by: reconstruction summed too
# cause words: KL, reduction, sum, mean, weight, collapse
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(20)
S = 14


def make_digits(n):
    x = torch.zeros(n, S, S)
    for i in range(n):
        r, c = torch.randint(0, 9, (2,)).tolist()
        if i % 2:
            x[i, r:r + 5, c:c + 5] = 1
        else:
            x[i, r + 2, c:c + 5] = 1
            x[i, r:r + 5, c + 2] = 1
    return x.view(n, -1)


class VAE(nn.Module):
    def __init__(self, latent=6):
        super().__init__()
        self.fc1 = nn.Linear(S * S, 128)
        self.fc21, self.fc22 = nn.Linear(128, latent), nn.Linear(128, latent)
        self.fc3, self.fc4 = nn.Linear(latent, 128), nn.Linear(128, S * S)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.decode(z), mu, logvar


def loss_function(recon, x, mu, logvar):
    bce = F.binary_cross_entropy(recon, x, reduction="sum" if FIX else "mean")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


data = make_digits(2000)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    total = 0.0
    for i in range(0, 2000, 64):
        x = data[torch.randint(0, 2000, (64,))]
        recon, mu, logvar = model(x)
        loss = loss_function(recon, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {total / 32:.4f}")
with torch.no_grad():
    mu, _ = model.encode(data[:500])
    iou_p = model.decode(mu) > 0.5
    t = data[:500] > 0.5
    iou = (iou_p & t).sum() / (iou_p | t).sum()
print(f"FINAL loss={loss.item():.4f} metric={iou.item():.4f} (IoU of the reconstructions)")
