# output_cannot_change
# graph classifier with one output unit and softmax over it: the probability is always 1 whatever the weights are
# mended by: sigmoid
# cause words: softmax constant single sigmoid one
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, D = 12, 8


def graphs(n):
    y = (torch.rand(n) < 0.5).float()
    p = 0.2 + 0.25 * y
    a = (torch.rand(n, N, N) < p[:, None, None]).float().triu(1)
    a = a + a.transpose(1, 2)
    return a, torch.randn(n, N, D) * 0.2 + 1, y


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2 = nn.Linear(D, 32), nn.Linear(32, 32)
        self.head = nn.Linear(32, 1)

    def forward(self, a, x):
        x = torch.relu(self.l1(a @ x / 4))
        x = torch.relu(self.l2(a @ x / 4))
        z = self.head(x.mean(1))
        return (torch.sigmoid(z) if FIX else torch.softmax(z, dim=1)).squeeze(1)


net = GCN()
opt = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-5)
lossf = nn.BCELoss()
for step in range(800):
    a, x, y = graphs(64)
    loss = lossf(net(a, x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
a, x, y = graphs(1000)
acc = ((net(a, x) > 0.5).float() == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
