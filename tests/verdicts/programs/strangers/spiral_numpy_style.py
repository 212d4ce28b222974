# miswired output_cannot_change plateau not_learning
# All weights of a layer start with the same constant, so the hidden units stay identical.
# mended by: Use a random initialisation.
# CS homework: three-armed spiral with a two-hidden-layer net.
import os
import numpy as np
import torch
import torch.nn as nn

N, K = 300, 3
rs = np.random.RandomState(1)
X, y = np.zeros((N * K, 2), dtype="float32"), np.zeros(N * K, dtype="int64")
for j in range(K):
    ix = range(N * j, N * (j + 1))
    r = np.linspace(0.05, 1, N)
    th = np.linspace(j * 4, (j + 1) * 4, N) + rs.randn(N) * 0.15
    X[ix] = np.c_[r * np.sin(th), r * np.cos(th)]
    y[ix] = j
X, y = torch.from_numpy(X) * 2, torch.from_numpy(y)


def init_weights(m):
    if isinstance(m, nn.Linear):
        if os.environ.get("FIX") == "1":
            nn.init.kaiming_uniform_(m.weight)
        else:
            nn.init.constant_(m.weight, 1.0 / m.in_features)
        nn.init.zeros_(m.bias)


torch.manual_seed(1)
model = nn.Sequential(nn.Linear(2, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, K))
model.apply(init_weights)
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
lossfn = nn.CrossEntropyLoss()

for i in range(300):
    b = torch.from_numpy(rs.choice(N * K, 128, replace=False))
    scores = model(X[b])
    loss = lossfn(scores, y[b])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if i % 50 == 0 or i == 299:
        with torch.no_grad():
            acc = (model(X).argmax(1) == y).float().mean()
        print("iteration %d: loss %f, training accuracy %.2f" % (i, loss.item(), acc.item()))
