# saturated vanishing_gradient
# LSTM is fed raw sensor counts around 2,000 (no standardisation): all gates sit at 0 or 1 and tanh at its ends
# mended by: standardising the inputs
# cause words: input scale standardi normalis saturat raw
import os, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(30); torch.set_num_threads(1)

class Vibration(Dataset):
    """three machine states, seen in how the counts swing around their level"""
    def __init__(self, n, T=30):
        self.y = torch.randint(0, 3, (n,))
        t = torch.arange(T).float()
        f = torch.tensor([0.05, 0.13, 0.27])[self.y][:, None]
        base = 2000 + 40 * torch.randn(n, 1)
        a = torch.sin(6.28 * f * t + 6.28 * torch.rand(n, 1))
        b = torch.cos(6.28 * f * t + 6.28 * torch.rand(n, 1))
        x = torch.stack([base + 60 * a, 0.5 * base + 45 * b], -1)
        self.x = x + 10 * torch.randn_like(x)
        self.mean, self.std = self.x.mean((0, 1)), self.x.std((0, 1))
    def __len__(self):
        return len(self.y)
    def __getitem__(self, i):
        x = self.x[i]
        if FIX:
            x = (x - self.mean) / self.std
        return x, self.y[i]

class StateNet(nn.Module):
    def __init__(self, h=40):
        super().__init__()
        self.rnn, self.out = nn.LSTM(2, h, batch_first=True), nn.Linear(h, 3)
    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])

train, test = Vibration(2000), Vibration(500)
loader = DataLoader(train, 64, shuffle=True)
net = StateNet()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for ep in range(16):
    tot = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step(); tot += loss.item()
    print(f"epoch {ep} ce {tot / len(loader):.4f}")
with torch.no_grad():
    acc = torch.cat([(net(x).argmax(1) == y).float() for x, y in DataLoader(test, 100)]).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
