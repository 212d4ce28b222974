# dead_relu
# weights from torch.rand (all positive) on pictures shifted to [-1, 0]: every hidden unit is below zero for every picture
# mended by: kaiming_normal_
# cause words: dead ReLU init negative zero rand
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)

proto = torch.rand(10, 1, 14, 14) * 255
labels = torch.randint(0, 10, (2400,))
imgs = (proto[labels] + 60 * torch.randn(2400, 1, 14, 14)).clamp(0, 255)
imgs = imgs / 255.0 - 1.0                     # "normalise"
Xtr, ytr, Xte, yte = imgs[:2000], labels[:2000], imgs[2000:], labels[2000:]


def init_weights(m):
    if isinstance(m, (nn.Linear, nn.Conv2d)):
        if FIX:
            nn.init.kaiming_normal_(m.weight)
        else:
            m.weight.data = torch.rand(m.weight.shape) * 0.1
        nn.init.zeros_(m.bias)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 25, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


net = CNN()
net.apply(init_weights)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(6):
    order = torch.randperm(2000)
    tl = 0.0
    for k in range(0, 2000, 50):
        i = order[k:k + 50]
        opt.zero_grad()
        loss = loss_fn(net(Xtr[i]), ytr[i])
        loss.backward()
        opt.step()
        tl += loss.item() / 40
    with torch.no_grad():
        acc = (net(Xte).argmax(1) == yte).float().mean().item()
    print(f"epoch {epoch}: loss {tl:.4f}, test acc {acc:.3f}")
print(f"FINAL loss={tl:.4f} metric={acc:.4f}")
