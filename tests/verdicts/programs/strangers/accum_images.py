# oscillating_loss
# gradient accumulation over 16 micro-batches without dividing the loss by 16: SGD with momentum takes steps sixteen times too large
# mended by: loss / ACCUM_STEPS
# cause words: accumulation divide accumulated steps sum learning-rate
import os, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(19)
MICRO, ACCUM_STEPS, EPOCHS, LR = 8, 16, 14, 0.07
mix = torch.randn(16, 16) / 4
def make(n):
    x = torch.randn(n, 16) @ (torch.eye(16) + mix) * torch.linspace(0.3, 2.0, 16)
    y = torch.stack([x[:, :4].sum(1), x[:, 4:8].sum(1), x[:, 8:].mean(1)], 1)
    return x, y / y.std(0)
x, y = make(1600 * 2); xv, yv = make(500)
loader = DataLoader(TensorDataset(x, y), batch_size=MICRO, shuffle=True)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(16, 64), nn.Linear(64, 64), nn.Linear(64, 3)
    def forward(self, x):
        return self.c(torch.tanh(self.b(torch.tanh(self.a(x)))))
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
criterion = nn.SmoothL1Loss()
for epoch in range(EPOCHS):
    model.train(); optimizer.zero_grad(); hist = []
    for i, (xb, yb) in enumerate(loader):
        loss = criterion(model(xb), yb)
        hist.append(loss.item())
        (loss / ACCUM_STEPS if FIX else loss).backward()
        if (i + 1) % ACCUM_STEPS == 0:
            optimizer.step()
            optimizer.zero_grad()
    print(f"epoch {epoch}: first {hist[0]:.3f} mean {sum(hist) / len(hist):.4f} max {max(hist):.3f}")
model.eval()
with torch.no_grad():
    r2 = 1 - (model(xv) - yv).pow(2).mean() / yv.var()
print(f"FINAL loss={sum(hist) / len(hist):.4f} metric={r2.item():.4f}")
