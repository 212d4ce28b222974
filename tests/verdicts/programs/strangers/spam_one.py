# output_cannot_change plateau
# softmax over an output layer with a single unit: the probability is 1 for every input whatever the weights
# mended by: sigmoid
# cause words: softmax single one unit constant sigmoid output always 1
import os, torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(50)
W = 150
spammy = torch.rand(W) < 0.2

def mails(n):
    y = (torch.rand(n) < 0.45).float()
    rate = torch.where(spammy, 0.02 + 0.10 * y[:, None], torch.tensor(0.06))
    return torch.poisson(rate * torch.randint(10, 40, (n, 1))), y

class SpamNet(nn.Module):
    def __init__(self):
        super(SpamNet, self).__init__()
        self.fc1 = nn.Linear(W, 32)
        self.fc2 = nn.Linear(32, 1)
        self.act = nn.Sigmoid() if FIX else nn.Softmax(dim=1)
    def forward(self, x):
        x = torch.relu(self.fc1(torch.log1p(x)))
        return self.act(self.fc2(x)).view(-1)

X, y = mails(2000); Xt, yt = mails(500)
clf = SpamNet()
loss_fn = nn.BCELoss()
opt = torch.optim.Adam(clf.parameters(), lr=1e-3)
for epoch in range(10):
    correct = 0; total = 0.
    for k in range(0, 2000, 40):
        opt.zero_grad()
        p = clf(X[k:k + 40])
        loss = loss_fn(p, y[k:k + 40])
        loss.backward()
        opt.step()
        total += loss.item() / 50
        correct += ((p > .5) == y[k:k + 40].bool()).sum().item()
    print(f"Epoch {epoch}: loss={total:.4f} train_acc={correct/2000:.3f}")
acc = ((clf(Xt) > .5) == yt.bool()).float().mean().item()
print(f"FINAL loss={total:.4f} metric={acc:.4f}")
