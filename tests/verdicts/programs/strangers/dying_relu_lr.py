# dead_relu
# SGD with lr 1.0 on a plain ReLU net: the first big steps push the hidden biases so low that the units never fire again
# mended by: lr 0.05
# cause words: learning rate lr dead dying
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3); torch.set_num_threads(1)


def rings(n):
    y = torch.randint(0, 3, (n,))
    rad = 1.0 + y + 0.15 * torch.randn(n)
    a = torch.rand(n) * 6.2832
    x = torch.stack([rad * a.cos(), rad * a.sin(), rad.new_zeros(n).normal_()], 1)
    return 2 * x + 2.0, y          # not centred


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


lr = 0.05 if FIX else 1.0
net = Net()
sgd = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
for i in range(2500):
    x, y = rings(128)
    sgd.zero_grad()
    out = net(x)
    loss = F.cross_entropy(out, y)
    loss.backward()
    sgd.step()
    if i % 250 == 0:
        print(i, "loss=%.4f" % loss.item(), "acc=%.3f" % (out.argmax(1) == y).float().mean().item())
x, y = rings(2000)
with torch.no_grad():
    o = net(x)
print(f"FINAL loss={F.cross_entropy(o, y).item():.4f} metric={(o.argmax(1) == y).float().mean().item():.4f}")
