# vanishing_gradient plateau
# every Linear of a deep narrow tanh MLP is initialised with std 0.02, copied from GPT-2: signal and gradient shrink sixfold a layer
# mended by: xavier_uniform_ with the gain of tanh
# cause words: init, initialization, std, 0.02, small weights, deep
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)


def init_weights(m):
    if isinstance(m, nn.Linear):
        if FIX:
            nn.init.xavier_uniform_(m.weight, gain=nn.init.calculate_gain("tanh"))
        else:
            nn.init.normal_(m.weight, mean=0.0, std=0.02)
        nn.init.zeros_(m.bias)


class Net(nn.Module):
    def __init__(self, depth=9, width=64):
        super().__init__()
        layers = [nn.Linear(12, width), nn.Tanh()]
        for _ in range(depth):
            layers += [nn.Linear(width, width), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, 4)
        self.apply(init_weights)

    def forward(self, x):
        return self.head(self.body(x))


X = torch.randn(4000, 12)
teacher = torch.randn(12, 4)
Y = (X @ teacher + 0.5 * X[:, :4] * X[:, 4:8]).argmax(1)
train = DataLoader(TensorDataset(X[:3200], Y[:3200]), batch_size=64, shuffle=True)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True)
ce = nn.CrossEntropyLoss()
for epoch in range(20):
    tot = 0.0
    for xb, yb in train:
        opt.zero_grad()
        loss = ce(net(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item() * len(xb)
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {tot / 3200:.4f}")
with torch.no_grad():
    acc = (net(X[3200:]).argmax(1) == Y[3200:]).float().mean().item()
print(f"FINAL loss={tot / 3200:.4f} metric={acc:.3f}")
