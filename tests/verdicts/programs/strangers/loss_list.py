# miswired output_cannot_change
# the losses are collected as floats and the backward runs on torch.tensor(losses, requires_grad=True): a new leaf without any connection to the network
# mended by: torch.stack of the loss tensors
# cause words: torch.tensor stack graph leaf item requires_grad connected
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(28)
class MultiHead(nn.Module):
    def __init__(self, n_tasks=3):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(32, 1) for _ in range(n_tasks))
    def forward(self, x):
        z = self.shared(x)
        return [h(z).squeeze(-1) for h in self.heads]
def batch(n=64):
    x = torch.randn(n, 12)
    return x, [x[:, 0] * x[:, 1], torch.sin(x[:, 2]) + x[:, 3], x[:, 4:8].abs().sum(1) - 3.2]
net = MultiHead()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
mse = nn.MSELoss()
for it in range(1500):
    x, ys = batch()
    outs = net(x)
    losses = []
    for o, y in zip(outs, ys):
        l = mse(o, y)
        losses.append(l if FIX else l.item())
    if FIX:
        loss = torch.stack(losses).mean()
    else:
        loss = torch.tensor(losses, requires_grad=True).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 300 == 0:
        print(f"iter {it} loss {loss.item():.4f}")
x, ys = batch(2000)
with torch.no_grad():
    r2 = sum(1 - (mse(o, y) / y.var()).item() for o, y in zip(net(x), ys)) / 3
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
