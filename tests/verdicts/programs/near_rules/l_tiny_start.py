# healthy
# the first Adam steps are as large as the weights and later the first layers' gradients are faint: the weights start tiny (0.02) and the gradients fade because the classes are told apart without error
# rule: L
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(22)
K, D = 6, 20
centres = 2.2 * torch.randn(K, D)


def data(n=64):
    y = torch.randint(0, K, (n,))
    return centres[y] + torch.randn(n, D), y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(D, 48), nn.Linear(48, 48), nn.Linear(48, 48), nn.Linear(48, K)])
        for m in self.layers:
            nn.init.normal_(m.weight, std=0.02)
            nn.init.zeros_(m.bias)

    def forward(self, x):
        for m in self.layers[:-1]:
            x = torch.tanh(m(x))
        return self.layers[-1](x)


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
first = None
for step in range(1500):
    x, y = data()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.4f} first layer's gradient {net.layers[0].weight.grad.norm().item():.2e}")
net.eval()
with torch.no_grad():
    x, y = data(4000)
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.5f} metric={acc.item():.4f} (accuracy over 6, held out)")
