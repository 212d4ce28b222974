# output_cannot_change miswired
# the loss is computed from argmax labels, autograd complained, so requires_grad_(True) was put on the loss: it is a leaf and no parameter gets any gradient
# mended by: the loss uses the soft assignment, no requires_grad_ on it
# cause words: argmax requires_grad leaf graph detach differentiable
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
N, K = 120, 3
truth = torch.arange(N) % K
P = torch.where(truth[:, None] == truth[None], 0.3, 0.03)
A = torch.triu((torch.rand(N, N) < P).float(), 1)
A = A + A.t()
deg = A.sum(1)
m2 = deg.sum()
B = A - deg[:, None] * deg[None] / m2
Ahat = (A + torch.eye(N)) / (deg + 1)[:, None]
X = torch.randn(N, 16) + 0.8 * F.one_hot(truth, 16)


class Cluster(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(16, 32)
        self.l2 = nn.Linear(32, K)

    def forward(self, x):
        h = torch.relu(Ahat @ self.l1(x))
        return F.softmax(Ahat @ self.l2(h), dim=-1)


def balance(S):
    return K ** 0.5 / N * S.sum(0).norm() - 1


def modularity_loss(prob):
    if FIX:
        S = prob
        return -torch.trace(S.t() @ B @ S) / m2 + balance(S)
    labels = prob.argmax(dim=1)
    S = F.one_hot(labels, K).float()
    return (-torch.trace(S.t() @ B @ S) / m2 + balance(S)).requires_grad_(True)


net = Cluster()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(600):
    opt.zero_grad()
    loss = modularity_loss(net(X))
    loss.backward()
    opt.step()
    if epoch % 100 == 0:
        print(epoch, loss.item())
pred = net(X).argmax(1)
conf = torch.zeros(K, K)
for a, b in zip(pred, truth):
    conf[a, b] += 1
print(f"FINAL loss={loss.item():.4f} metric={(conf.max(1)[0].sum() / N).item():.3f}")
