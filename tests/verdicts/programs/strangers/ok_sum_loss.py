# healthy
# the loss is a sum over the batch and all outputs, so losses and gradients are in the ten thousands; Adam does not mind
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(44)
x = torch.randn(4000, 12)
y = torch.sin(x @ torch.randn(12, 20) * 0.2) * 5
train = DataLoader(TensorDataset(x[:3500], y[:3500]), batch_size=128, shuffle=True)
model = nn.Sequential(nn.Linear(12, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 20))
criterion = nn.MSELoss(reduction="sum")
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.92)
for epoch in range(35):
    for xb, yb in train:
        loss = criterion(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {loss.item():.1f}")
with torch.no_grad():
    r2 = 1 - ((model(x[3500:]) - y[3500:]).pow(2).mean() / y[3500:].var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2, more is better)")
