# not_learning plateau
# every epoch x and y are shuffled with two different permutations: labels no longer belong to their inputs
# mended by: one permutation for both
# cause words: shuffl, permut, label, correspond
# homework forum: "accuracy stays at chance whatever I change"
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
rng = np.random.RandomState(0)
torch.manual_seed(0)
V, L = 80, 12
x = rng.randint(10, V, (3000, L))
y = rng.randint(0, 5, 3000)
for i in range(3000):
    x[i, rng.choice(L, 2, replace=False)] = y[i] * 2 + rng.randint(0, 2, 2)
x_test, y_test = torch.tensor(x[2500:]), torch.tensor(y[2500:])
x, y = x[:2500], y[:2500]


class BagOfWords(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.EmbeddingBag(V, 24, mode="mean")
        self.fc1 = nn.Linear(24, 48)
        self.fc2 = nn.Linear(48, 5)

    def forward(self, t):
        return self.fc2(torch.relu(self.fc1(self.emb(t))))


model = BagOfWords()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
lossf = nn.CrossEntropyLoss()
for epoch in range(15):
    if FIX:
        p = rng.permutation(len(x))
        x, y = x[p], y[p]
    else:
        x = x[rng.permutation(len(x))]
        y = y[rng.permutation(len(y))]
    tot = 0
    for i in range(0, len(x), 50):
        xb, yb = torch.from_numpy(x[i:i + 50]), torch.from_numpy(y[i:i + 50])
        opt.zero_grad()
        loss = lossf(model(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item()
    print(epoch, "train loss %.4f" % (tot / 50))
acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL loss={tot / 50:.4f} metric={acc:.4f}")
