# healthy
# a VAE with losses summed over pixels and batch (thousands, gradients in the hundreds and more) as in the PyTorch example; Adam does not mind
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader
torch.manual_seed(46)
K = 6
proto = (torch.rand(K, 100) < 0.35).float()
def images(n):
    m = proto[torch.randint(0, K, (n,))]
    return torch.where(torch.rand(n, 100) < 0.05, 1 - m, m)
class VAE(nn.Module):
    def __init__(self, z=4):
        super().__init__()
        self.fc1, self.mu, self.lv = nn.Linear(100, 96), nn.Linear(96, z), nn.Linear(96, z)
        self.fc3, self.fc4 = nn.Linear(z, 96), nn.Linear(96, 100)
    def forward(self, x):
        h = F.relu(self.fc1(x)); mu, lv = self.mu(h), self.lv(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, lv
def loss_function(recon, x, mu, lv):
    bce = F.binary_cross_entropy(recon, x, reduction="sum")
    return bce - 0.5 * torch.sum(1 + lv - mu.pow(2) - lv.exp())
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(images(5000), batch_size=128, shuffle=True)
for epoch in range(1, 16):
    model.train(); total = 0
    for x in loader:
        optimizer.zero_grad()
        recon, mu, lv = model(x)
        loss = loss_function(recon, x, mu, lv)
        loss.backward(); total += loss.item()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"====> Epoch: {epoch} Average loss: {total / 5000:.4f}")
with torch.no_grad():
    x = images(1000)
    acc = ((model(x)[0] > 0.5).float() == x).float().mean().item()
print(f"FINAL loss={total / 5000:.4f} metric={acc:.4f}")
