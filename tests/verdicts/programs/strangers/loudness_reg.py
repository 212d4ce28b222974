# dead_relu output_cannot_change
# a ReLU after the last layer of a regression whose targets (levels in dB) are negative: the output unit is pushed below zero for every input and stays there
# mended by: no activation on the output
# cause words: relu output negative last activation
import os, torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(30)
class Clips(Dataset):
    """short noise bursts; the network estimates the level in decibel (divided by 20)"""
    def __init__(self, n):
        level = -40 + 38 * torch.rand(n)
        self.x = torch.randn(n, 1, 128) * 10 ** (level / 20).view(-1, 1, 1)
        self.x = torch.log10(self.x.abs() + 1e-3)
        self.y = level / 20
    def __len__(self): return len(self.y)
    def __getitem__(self, i): return self.x[i], self.y[i]
class LevelNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 9, stride=4), nn.ReLU(), nn.Conv1d(16, 16, 5, stride=2), nn.ReLU())
        self.fc1, self.fc2 = nn.LazyLinear(32), nn.Linear(32, 1)
    def forward(self, x):
        x = torch.relu(self.fc1(self.conv(x).flatten(1)))
        x = self.fc2(x)
        return x.squeeze(1) if FIX else torch.relu(x).squeeze(1)
train_loader, val = DataLoader(Clips(2500), batch_size=50, shuffle=True), Clips(400)
model = LevelNet(); model(val.x[:2])
criterion = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    model.train(); total = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total / len(train_loader):.4f}")
model.eval()
with torch.no_grad():
    mae = 20 * (model(val.x) - val.y).abs().mean().item()
print(f"FINAL loss={total / len(train_loader):.4f} metric={mae:.4f}")
