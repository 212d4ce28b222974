# output_cannot_change miswired
# the loss is computed from the rounded predictions (0/1) and requires_grad_() was added to silence the error: no parameter gets a gradient
# mended by: BCE on the probabilities
# cause words: round rounded requires_grad differentiable graph threshold
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9); torch.set_num_threads(1)

# diabetes-like table
X = torch.randn(2400, 8)
y = ((X[:, 0] * 1.5 + X[:, 1] * X[:, 2] - 0.7 * X[:, 5].abs() + 0.5) > 0).float().unsqueeze(1)
Xtr, ytr, Xva, yva = X[:2000], y[:2000], X[2000:], y[2000:]


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.hid1 = nn.Linear(8, 32)
        self.drop = nn.Dropout(0.1)
        self.hid2 = nn.Linear(32, 32)
        self.oupt = nn.Linear(32, 1)

    def forward(self, x):
        z = torch.relu(self.hid1(x))
        z = self.drop(z)
        z = torch.relu(self.hid2(z))
        return torch.sigmoid(self.oupt(z))


net = Net()
net.train()
loss_func = nn.BCELoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(30):
    epoch_loss = 0
    for xb, yb in DataLoader(TensorDataset(Xtr, ytr), batch_size=40, shuffle=True):
        optimizer.zero_grad()
        oupt = net(xb)
        if FIX:
            loss = loss_func(oupt, yb)
        else:
            pred = (oupt > 0.5).float()
            loss = loss_func(pred, yb).requires_grad_()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if epoch % 5 == 0:
        print("epoch = %4d   loss = %0.4f" % (epoch, epoch_loss / 50))
net.eval()
with torch.no_grad():
    acc = ((net(Xva) > 0.5).float() == yva).float().mean().item()
print("FINAL loss=%.4f metric=%.4f" % (epoch_loss / 50, acc))
