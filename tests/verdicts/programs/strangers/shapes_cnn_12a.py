# miswired plateau not_learning
# the network ends with nn.Softmax and the loss is nn.CrossEntropyLoss, so softmax is applied twice
# mended by: returning raw logits
# cause words: softmax logits twice double CrossEntropyLoss
import os, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N_CLASSES, BATCH, EPOCHS, LR = 40, 64, 8, 0.05
protos = torch.randn(N_CLASSES, 1, 12, 12)
def make(n):
    y = torch.randint(0, N_CLASSES, (n,))
    return TensorDataset(protos[y] + 0.7 * torch.randn(n, 1, 12, 12), y)
train_loader = DataLoader(make(4000), batch_size=BATCH, shuffle=True)
test_loader = DataLoader(make(800), batch_size=200)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 9, 96)
        self.fc2 = nn.Linear(96, N_CLASSES)
        self.out = nn.Identity() if FIX else nn.Softmax(dim=1)
    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.out(self.fc2(x))
model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
def train():
    model.train(); total = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward(); optimizer.step()
        total += loss.item()
    return total / len(train_loader)
def evaluate():
    model.eval(); ok = 0
    with torch.no_grad():
        for x, y in test_loader:
            ok += (model(x).argmax(1) == y).sum().item()
    return ok / 800
for epoch in range(EPOCHS):
    l = train(); acc = evaluate()
    print(f"epoch {epoch} loss {l:.4f} acc {acc:.3f}")
print(f"FINAL loss={l:.4f} metric={acc:.4f}")
