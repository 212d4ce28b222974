# nonfinite
# focal loss with gamma 0.5: once some samples reach p_t == 1 exactly, (1 - p_t) ** 0.5 has an infinite derivative and backward gives NaN (loss itself stays finite)
# mended by: clamping 1 - p_t from below
# cause words: focal pow power gamma 1-p confident clamp
import os, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader, WeightedRandomSampler
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1); torch.set_num_threads(1)

class FocalLoss(nn.Module):
    def __init__(self, gamma=0.5, weight=None):
        super().__init__()
        self.gamma = gamma
        self.register_buffer("weight", weight)
    def forward(self, logits, target):
        logp = F.log_softmax(logits, -1)
        logpt = logp.gather(1, target[:, None]).squeeze(1)
        miss = 1 - logpt.exp()
        if FIX:
            miss = miss.clamp(min=1e-6)
        loss = -(miss ** self.gamma) * logpt
        if self.weight is not None:
            loss = loss * self.weight[target]
        return loss.mean()

class Anchors(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
        self.cls = nn.Linear(96, k)
    def forward(self, x):
        return self.cls(self.stem(x).flatten(1))

def make(n):
    y = torch.multinomial(torch.tensor([.7, .1, .1, .1]), n, True)
    x = torch.randn(n, 1, 12, 12) * 0.4
    r = torch.randint(0, 6, (n,))
    for i in range(n):
        k = r[i]
        if y[i] == 1: x[i, 0, k:k + 6, 5] += 1.5
        if y[i] == 2: x[i, 0, 5, k:k + 6] += 1.5
        if y[i] == 3: x[i, 0, k:k + 6, k:k + 6] += 1.0
    return x, y

xtr, ytr = make(1500); xte, yte = make(500)
freq = torch.bincount(ytr, minlength=4).float()
loader = DataLoader(TensorDataset(xtr, ytr), batch_size=64, sampler=WeightedRandomSampler((1 / freq)[ytr], len(ytr)))
model, crit = Anchors(4), FocalLoss(0.5)
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
for epoch in range(40):
    model.train(); tot = 0.0
    for x, y in loader:
        opt.zero_grad(set_to_none=True)
        loss = crit(model(x), y)
        loss.backward()
        opt.step()
        tot += loss.item()
    if epoch % 4 == 0:
        print(f"epoch {epoch:2d} focal {tot / len(loader):.5f}")
model.eval()
with torch.no_grad():
    acc = (model(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL loss={loss.item():.5f} metric={acc:.4f}")
