# not_learning plateau
# a port from TensorFlow 1: Dropout(0.95) was meant as keep_prob, nn.Dropout drops 95 percent of all units
# mended by: nn.Dropout(0.05)
# cause words: dropout keep drop probability
import os, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25)
KEEP_PROB = 0.95
class ConvNet(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, padding=2); self.conv2 = nn.Conv2d(8, 16, 5, padding=2)
        self.fc1 = nn.Linear(16 * 16, 64); self.fc2 = nn.Linear(64, 32); self.fc3 = nn.Linear(32, 8)
        self.drop = nn.Dropout(p)
    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = self.drop(torch.max_pool2d(torch.relu(self.conv2(x)), 2))
        x = self.drop(torch.relu(self.fc1(x.flatten(1))))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.fc3(x)
g = torch.linspace(-1, 1, 16)
yy, xx = torch.meshgrid(g, g, indexing="ij")
def stripes(n):
    y = torch.randint(0, 8, (n,))
    a = y.float() * torch.pi / 8
    phase = 6.28 * torch.rand(n, 1, 1)
    im = torch.sin(8 * (xx * a.cos().view(-1, 1, 1) + yy * a.sin().view(-1, 1, 1)) + phase)
    return (im + 0.3 * torch.randn(n, 16, 16)).unsqueeze(1), y
train_loader = DataLoader(TensorDataset(*stripes(2400)), batch_size=48, shuffle=True)
xv, yv = stripes(600)
model = ConvNet(1 - KEEP_PROB if FIX else KEEP_PROB)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(10):
    model.train(); losses = []
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward(); optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        acc = (model(xv).argmax(1) == yv).float().mean().item()
    print(f"epoch {epoch} loss {sum(losses) / len(losses):.4f} val acc {acc:.3f}")
print(f"FINAL loss={sum(losses) / len(losses):.4f} metric={acc:.4f}")
