# dead_relu miswired
# the forecasting head ends in a ReLU although the standardised targets are mostly below zero: the output is zero for every input
# mended by: no activation on the output layer
# cause words: relu output activation negative last
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1); torch.set_num_threads(1)

t = torch.arange(0, 4000).float()
series = torch.sin(t / 7) + 0.5 * torch.sin(t / 23) + 0.05 * torch.randn(4000)
# log-returns like targets: shifted scale, as after a log transform of small numbers
series = series - 1.6
W, H = 24, 4
X = series.unfold(0, W + H, 1)
inp, tgt = X[:, :W], X[:, W:]
ntrain = 3200


class Forecaster(nn.Module):
    def __init__(self, hid=48):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.Conv1d(16, 16, 5, padding=2), nn.ReLU())
        layers = [nn.Linear(16 * W, hid), nn.ReLU(), nn.Linear(hid, H)]
        if not FIX:
            layers.append(nn.ReLU())
        self.head = nn.Sequential(*layers)

    def forward(self, x):
        return self.head(self.conv(x.unsqueeze(1)).flatten(1))


def evaluate(m):
    m.eval()
    with torch.no_grad():
        e = nn.functional.l1_loss(m(inp[ntrain:]), tgt[ntrain:]).item()
    m.train()
    return e


model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.MSELoss()
for step in range(1200):
    idx = torch.randint(0, ntrain, (64,))
    optimizer.zero_grad()
    loss = loss_fn(model(inp[idx]), tgt[idx])
    loss.backward()
    optimizer.step()
    if step % 200 == 0:
        print(f"step {step} train mse {loss.item():.4f} val mae {evaluate(model):.4f}")
print(f"FINAL loss={loss.item():.4f} metric={evaluate(model):.4f}")
