# dead_relu
# two-tower recommender: the item tower's hidden bias is set to the log popularity prior (-4) by mistake (it was meant for the output), so its ReLU units give zero for every item and all items look alike
# mended by: the prior goes to the output bias
# cause words: relu dead bias item zero
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
U, I, D = 300, 200, 16
pu, pi = torch.randn(U, 4), torch.randn(I, 4)


class Tower(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.emb = nn.Embedding(n, D)
        nn.init.normal_(self.emb.weight, std=0.3)
        self.fc1 = nn.Linear(D, 64)
        self.fc2 = nn.Linear(64, D)

    def forward(self, i):
        return self.fc2(torch.relu(self.fc1(self.emb(i))))


class TwoTower(nn.Module):
    def __init__(self, prior=-4.0):
        super().__init__()
        self.user, self.item = Tower(U), Tower(I)
        self.bias = nn.Parameter(torch.zeros(()))
        with torch.no_grad():
            (self.bias if FIX else self.item.fc1.bias).fill_(prior)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(-1) + self.bias


def batch(n):
    u, i = torch.randint(0, U, (n,)), torch.randint(0, I, (n,))
    return u, i, ((pu[u] * pi[i]).sum(-1) > 1.0).float()


net = TwoTower()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
for step in range(1500):
    u, i, y = batch(512)
    loss = nn.functional.binary_cross_entropy_with_logits(net(u, i), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(step, loss.item())
with torch.no_grad():
    u, i, y = batch(8000)
    s = net(u, i)
    pos, neg = s[y == 1], s[y == 0]
    auc = (pos[:1000, None] > neg[None, :1000]).float().mean() + 0.5 * (pos[:1000, None] == neg[None, :1000]).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={auc.item():.3f}")
