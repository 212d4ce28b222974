# not_learning plateau
# inputs and labels are shuffled each with its own permutation at every epoch, so the labels do not belong to the inputs
# mended by: one permutation for both
# cause words: shuffle permutation labels inputs mismatch pairs order randperm
import os, torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(99)

# which player is ahead on a 4x4 board, five kinds of pieces
value = torch.tensor([0., 1., 3., 5., 9.])
def boards(n):
    mine = torch.randint(0, 5, (n, 16)) * (torch.rand(n, 16) < .35)
    theirs = torch.randint(0, 5, (n, 16)) * (torch.rand(n, 16) < .35)
    diff = value[mine].sum(1) - value[theirs].sum(1)
    y = torch.where(diff > 2, 2, torch.where(diff < -2, 0, 1))
    return torch.cat([mine, theirs + 5], 1), y

def iterate(x, y, bs):
    order = torch.randperm(len(x))
    x = x[order]
    y = y[order] if FIX else y[torch.randperm(len(y))]
    for i in range(0, len(x), bs):
        yield x[i:i + bs], y[i:i + bs]

class BoardNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.piece = nn.Embedding(10, 6)
        self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(32 * 6, 64), nn.GELU(), nn.Dropout(0.05), nn.Linear(64, 3))
    def forward(self, b):
        return self.mlp(self.piece(b))

Xtr, ytr = boards(3000); Xv, yv = boards(600)
net = BoardNet(); opt = torch.optim.NAdam(net.parameters(), lr=1.5e-3)
for epoch in range(14):
    net.train(); losses = []
    for xb, yb in iterate(Xtr, ytr, 50):
        opt.zero_grad()
        l = nn.functional.cross_entropy(net(xb), yb)
        l.backward(); opt.step()
        losses.append(l.item())
    print(f"{epoch:2d} | {sum(losses)/len(losses):.4f}")
net.eval()
acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={sum(losses)/len(losses):.4f} metric={acc:.4f}")
