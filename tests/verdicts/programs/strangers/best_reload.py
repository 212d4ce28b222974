# miswired
# early-stopping helper rebuilds the model from the best checkpoint after the first epoch; the optimiser still holds the old parameters
# mended by: load_state_dict into the same object
# cause words: optimizer old parameters new model rebuilt different object
import copy, os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)


class TabNet(nn.Module):
    def __init__(self, n_cat=12, n_num=8):
        super().__init__()
        self.emb = nn.Embedding(n_cat, 6)
        self.body = nn.Sequential(nn.Linear(6 + n_num, 64), nn.ReLU(), nn.BatchNorm1d(64), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, c, x):
        return self.body(torch.cat([self.emb(c), x], 1)).squeeze(1)


class EarlyStopping:
    def __init__(self):
        self.best, self.state = float("inf"), None

    def update(self, value, model):
        if value < self.best:
            self.best, self.state = value, copy.deepcopy(model.state_dict())

    def restore(self, model):
        if FIX:
            model.load_state_dict(self.state)
            return model
        fresh = TabNet()
        fresh.load_state_dict(self.state)
        return fresh


n = 4000
c = torch.randint(0, 12, (n,))
x = torch.randn(n, 8)
shift = torch.randn(12) * 1.5
y = ((x[:, 0] * x[:, 1] + torch.sin(2 * x[:, 2]) + shift[c] + 0.1 * torch.randn(n)) > 0).float()
tr, va = slice(0, 3200), slice(3200, n)

model = TabNet()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
crit = nn.BCEWithLogitsLoss()
stopper = EarlyStopping()
for epoch in range(30):
    model.train()
    perm = torch.randperm(3200)
    for i in range(0, 3200, 128):
        j = perm[i:i + 128]
        opt.zero_grad()
        loss = crit(model(c[j], x[j]), y[j])
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        out = model(c[va], x[va])
        vl = crit(out, y[va]).item()
        acc = ((out > 0).float() == y[va]).float().mean().item()
    stopper.update(vl, model)
    if epoch % 5 == 0:
        print(f"epoch {epoch} val loss {vl:.4f} acc {acc:.3f}")
        model = stopper.restore(model)       # go on from the best one
print(f"FINAL loss={vl:.4f} metric={acc:.4f}")
