# miswired badly_scaled plateau
# reconstruction is a mean over pixels and batch while the KL term is a sum over both: the KL wins, the posterior collapses to the prior and every output is the mean image
# mended by: sum the reconstruction over pixels, mean both over the batch
# cause words: KL collapse posterior weight reduction mean sum reconstruction balance
import os
import torch
from torch import nn
from torch.nn import functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
SEG = torch.tensor([[1,1,1,0,1,1,1],[0,0,1,0,0,1,0],[1,0,1,1,1,0,1],[1,0,1,1,0,1,1],[0,1,1,1,0,1,0],
                    [1,1,0,1,0,1,1],[1,1,0,1,1,1,1],[1,0,1,0,0,1,0],[1,1,1,1,1,1,1],[1,1,1,1,0,1,1]]).float()
STROKE = torch.zeros(7, 12, 8)
for k, (r, c) in enumerate([((1, 2), (1, 7)), ((2, 6), (1, 2)), ((2, 6), (6, 7)), ((5, 6), (1, 7)), ((6, 10), (1, 2)), ((6, 10), (6, 7)), ((10, 11), (1, 7))]):
    STROKE[k, r[0]:r[1], c[0]:c[1]] = 1

def digits(n):
    img = torch.einsum("nk,khw->nhw", SEG[torch.randint(10, (n,))], STROKE).clamp(max=1)
    flip = (torch.rand_like(img) < 0.02).float()
    return (img - flip).abs().flatten(1)

class VAE(nn.Module):
    def __init__(self, z=8):
        super().__init__()
        self.fc1 = nn.Linear(96, 100)
        self.fc21, self.fc22 = nn.Linear(100, z), nn.Linear(100, z)
        self.fc3, self.fc4 = nn.Linear(z, 100), nn.Linear(100, 96)
    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.fc4(F.relu(self.fc3(z))), mu, logvar

def loss_function(rec, x, mu, logvar):
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    if FIX:
        return (F.binary_cross_entropy_with_logits(rec, x, reduction="sum") + kld) / len(x)
    return F.binary_cross_entropy_with_logits(rec, x) + kld

model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(1000):
    x = digits(64)
    rec, mu, logvar = model(x)
    loss = loss_function(rec, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 200 == 0:
        print(f"step {step}\tloss {loss.item():.4f}")
with torch.no_grad():
    x = digits(1000); err = F.binary_cross_entropy_with_logits(model(x)[0], x).item()
print(f"FINAL loss={loss.item():.4f} metric={err:.4f}")
