# output_cannot_change miswired
# the loss is taken on the argmax of the logits made into a float leaf with requires_grad; no parameter gets a gradient
# mended by: cross entropy of the logits
# cause words: argmax differentiable requires_grad graph detached logits
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)

n = 1800
y = torch.randint(0, 3, (n,))
centres = torch.randn(3, 12) * 1.5
X = centres[y] + torch.randn(n, 12)
Xtr, ytr, Xte, yte = X[:1500], y[:1500], X[1500:], y[1500:]


class IrisLike(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(12, 24)
        self.act = nn.ELU()
        self.lin2 = nn.Linear(24, 3)

    def forward(self, x):
        return self.lin2(self.act(self.lin1(x)))


def accuracy(m, x, t):
    with torch.no_grad():
        return (m(x).argmax(1) == t).float().mean().item()


model = IrisLike()
opt = torch.optim.RMSprop(model.parameters(), lr=1e-3)
ce, mse = nn.CrossEntropyLoss(), nn.MSELoss()
for epoch in range(15):
    total = 0
    for i in range(0, 1500, 50):
        x, t = Xtr[i:i + 50], ytr[i:i + 50]
        opt.zero_grad()
        out = model(x)
        if FIX:
            loss = ce(out, t)
        else:
            pred = torch.argmax(out, dim=1).float()
            pred.requires_grad = True          # "element 0 of tensors does not require grad"
            loss = mse(pred, t.float())
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 3 == 0:
        print("epoch", epoch, "loss", total / 30, "acc", accuracy(model, Xtr, ytr))
print(f"FINAL loss={total / 30:.4f} metric={accuracy(model, Xte, yte):.4f}")
