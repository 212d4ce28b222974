# vanishing_gradient
# ten hidden layers of sigmoids with the default initialisation: the gradient shrinks by a factor at every layer
# mended by: ReLU with LayerNorm and skip connections instead of sigmoid
# cause words: sigmoid activation depth deep layers vanish
import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def make_data(n=4000):
    x = torch.randn(n, 10)
    w = torch.randn(10, 4, generator=torch.Generator().manual_seed(9))
    y = (x @ w + 0.5 * (x[:, :4] * x[:, 4:8])).argmax(1)
    return x, y


class DeepNet(nn.Module):
    def __init__(self, width=48, depth=10):
        super().__init__()
        self.inp = nn.Linear(10, width)
        self.body = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.norm = nn.ModuleList([nn.LayerNorm(width) for _ in range(depth)]) if FIX else None
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        h = self.inp(x)
        for i, layer in enumerate(self.body):
            h = h + torch.relu(layer(self.norm[i](h))) if FIX else torch.sigmoid(layer(h))
        return self.head(h)


x, y = make_data()
xt, yt = make_data(1000)
loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
net = DeepNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
crit = nn.CrossEntropyLoss()
for epoch in range(20):
    tot = 0.0
    for xb, yb in loader:
        loss = crit(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    if epoch % 4 == 0 or epoch == 19:
        print(f"epoch {epoch}: {tot / len(loader):.4f}")
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={tot / len(loader):.4f} metric={acc:.4f}")
