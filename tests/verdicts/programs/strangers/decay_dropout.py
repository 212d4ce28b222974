# healthy
# Heavy regularisation for few samples and many noise features.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(69)
D = 100
beta = torch.zeros(D, 3)
beta[:10] = torch.randn(10, 3)


def take(n):
    x = torch.randn(n, D)
    return x, (x @ beta + 0.3 * torch.randn(n, 3)).argmax(1)


Xtr, ytr = take(900)
Xte, yte = take(1500)


class Regularised(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Dropout(0.3)
        self.l1 = nn.Linear(D, 200)
        self.d1 = nn.Dropout(0.7)
        self.l2 = nn.Linear(200, 3)

    def forward(self, x):
        return self.l2(self.d1(torch.relu(self.l1(self.inp(x)))))


net = Regularised()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1.0)
for epoch in range(24):
    net.train()
    for idx in torch.randperm(900).split(64):
        opt.zero_grad()
        loss = F.cross_entropy(net(Xtr[idx]), ytr[idx])
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        net.eval()
        with torch.no_grad():
            o = net(Xte)
        print("epoch", epoch + 1, "train loss %.4f" % loss.item(), "test loss %.4f" % F.cross_entropy(o, yte).item(), "acc %.3f" % (o.argmax(1) == yte).float().mean().item())
