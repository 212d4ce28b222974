# miswired plateau
# the network ends in Softmax and is trained with CrossEntropyLoss, which applies softmax again, 64 classes
# mended by: returning raw logits
# cause words: softmax logits twice double probabilities
import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
torch.set_num_threads(1)
C = 64


class SmallCNN(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.fc1 = nn.Linear(32 * 9, 128)
        self.fc2 = nn.Linear(128, num_classes)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        x = self.features(x).flatten(1)
        x = self.fc2(torch.relu(self.fc1(x)))
        if FIX:
            return x
        return self.softmax(x)


protos = torch.randn(C, 1, 12, 12)
y = torch.randint(0, C, (4096,))
x = protos[y] + 0.8 * torch.randn(4096, 1, 12, 12)
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
net = SmallCNN(C)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

for epoch in range(5):
    running, correct = 0.0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        out = net(images)
        loss = criterion(out, labels)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(labels)
        correct += (out.argmax(1) == labels).sum().item()
    print(f"epoch {epoch} loss {running / 4096:.4f} acc {correct / 4096:.4f}")
print(f"FINAL loss={running / 4096:.4f} metric={correct / 4096:.4f}")
