# miswired oscillating_loss exploding_gradient
# optimizer.zero_grad() is missing: every backward adds to the gradients of all steps before
# mended by: optimizer.zero_grad()
# cause words: zero_grad accumulate accumulated zeroed
import os, torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(29)
class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(36, 32), nn.ReLU(), nn.Linear(32, 6))
        self.decoder = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 36))
    def forward(self, x):
        return self.decoder(self.encoder(x))
basis = torch.randn(5, 36)
def images(n): return torch.tanh(torch.randn(n, 5) @ basis / 2) + 0.02 * torch.randn(n, 36)
train_dl = DataLoader(TensorDataset(images(3000)), batch_size=50, shuffle=True)
test = images(500)
model = Autoencoder()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
def train():
    model.train(); total = 0.0
    for (x,) in train_dl:
        recon = model(x)
        loss = criterion(recon, x)
        if FIX:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(train_dl)
for epoch in range(20):
    l = train()
    if epoch % 4 == 0: print("epoch", epoch, "loss", l)
model.eval()
with torch.no_grad():
    r2 = 1 - criterion(model(test), test) / test.var()
print(f"FINAL loss={l:.4f} metric={r2.item():.4f}")
