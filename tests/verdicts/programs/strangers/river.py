# dead_relu plateau
# the last layer is followed by ReLU while the standardised targets are half negative; with the bias start below zero the output unit is zero for all inputs
# mended by: no activation after the last layer
# cause words: ReLU output last negative zero dead activation
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)

# daily river level from 14 days of rain at three gauges
T = 3000
rain = torch.relu(torch.randn(T, 3) - 0.7) * 2
kern = torch.exp(-torch.arange(14.) / 4).flip(0)
lev = torch.zeros(T)
for t in range(14, T):
    lev[t] = (rain[t - 14:t] * kern[:, None]).sum() ** 1.1
win = torch.stack([rain[t - 14:t].T for t in range(14, T)])
tgt = lev[14:]
tgt = (tgt - tgt[:2200].mean()) / tgt[:2200].std()

class LevelNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(3, 16, 5, stride=2)
        self.c2 = nn.Conv1d(16, 16, 3)
        self.fc = nn.Linear(48, 1)
        for m in (self.c1, self.c2, self.fc):
            nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)
        nn.init.constant_(self.fc.bias, -0.5)       # median of the standardised level
    def forward(self, x):
        h = torch.relu(self.c2(torch.relu(self.c1(x))))
        o = self.fc(h.flatten(1)).squeeze(1)
        return o if FIX else torch.relu(o)

net = LevelNet()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(15):
    for b in torch.randperm(2200).split(64):
        loss = nn.functional.smooth_l1_loss(net(win[b]), tgt[b])
        opt.zero_grad(); loss.backward(); opt.step()
    if epoch % 3 == 0:
        print(epoch, f"{loss.item():.4f}")
with torch.no_grad():
    test = nn.functional.mse_loss(net(win[2200:]), tgt[2200:]).item()
print(f"FINAL loss={loss.item():.4f} metric={test:.4f}")
