# miswired
# the output head is built anew inside forward() at every call: it is not registered, not in the optimizer and random at each step
# mended by: build the head once in __init__
# cause words: forward new layer each created head registered optimizer random
import os, torch
import torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)

def scene(n, s=16):
    img = 0.3 * torch.randn(n, 1, s, s); lab = torch.zeros(n, s, s, dtype=torch.long)
    for i in range(n):
        r, c = torch.randint(0, s - 6, (2,)).tolist()
        lab[i, r:r + 5, :] = 1
        lab[i, :, c:c + 4] = 2
    img[:, 0] += (lab == 1) * 1.0 - (lab == 2) * 1.0
    return img, lab

class SegNet(nn.Module):
    def __init__(self, n_cls=3):
        super().__init__()
        self.n_cls = n_cls
        self.enc1 = nn.Conv2d(1, 12, 3, padding=1)
        self.enc2 = nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.mid = nn.Conv2d(24, 24, 3, padding=1)
        self.up = nn.ConvTranspose2d(24, 12, 2, stride=2)
        if FIX: self.head = nn.Conv2d(24, n_cls, 1)
    def forward(self, x):
        a = F.relu(self.enc1(x))
        b = F.relu(self.mid(F.relu(self.enc2(a))))
        u = F.relu(self.up(b))
        cat = torch.cat([a, u], 1)
        head = self.head if FIX else nn.Conv2d(cat.shape[1], self.n_cls, kernel_size=1)
        return head(cat)

train = scene(400); val = scene(100)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*train), batch_size=20, shuffle=True)
net = SegNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
crit = nn.CrossEntropyLoss()
for epoch in range(12):
    for img, lab in loader:
        opt.zero_grad()
        loss = crit(net(img), lab)
        loss.backward()
        opt.step()
    print("epoch %d loss %.4f" % (epoch, loss))
with torch.no_grad():
    acc = (net(val[0]).argmax(1) == val[1]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
