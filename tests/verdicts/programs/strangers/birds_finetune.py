# miswired
# the optimizer is made from the old head's parameters before the head is replaced: the new head is never updated, and the backbone is frozen
# mended by: make the optimizer after replacing the head
# cause words: optimizer head replaced parameters old never updated fc before
import os, copy, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(44)
protos = torch.randn(14, 1, 12, 12)
def shots(cls):
    return 0.7 * protos[cls] + 0.6 * torch.randn(len(cls), 1, 12, 12)

class Backbone(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten())
        self.fc = nn.Linear(32 * 9, n_out)
    def forward(self, x): return self.fc(self.features(x))

def fit(net, opt, lo, hi, steps, tag):
    for s in range(steps):
        cls = torch.randint(lo, hi, (48,))
        loss = nn.functional.cross_entropy(net(shots(cls)), cls - lo)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if s % 100 == 0: print(tag, s, round(loss.item(), 4))
    return loss.item()

pre = Backbone(8)                                   # species 0..7
fit(pre, torch.optim.Adam(pre.parameters(), 1e-3), 0, 8, 150, "pretrain")

net = copy.deepcopy(pre)
for p in net.features.parameters():
    p.requires_grad_(False)
def head_optimizer(): return torch.optim.AdamW(net.fc.parameters(), lr=3e-3, weight_decay=1e-3)
if FIX:
    net.fc = nn.Linear(net.fc.in_features, 6)
    opt = head_optimizer()
else:
    opt = head_optimizer()
    net.fc = nn.Linear(net.fc.in_features, 6)       # species 8..13
last = fit(net, opt, 8, 14, 500, "finetune")
with torch.no_grad():
    cls = torch.randint(8, 14, (600,))
    acc = (net(shots(cls)).argmax(1) == cls - 8).float().mean().item()
print(f"FINAL loss={last:.4f} metric={acc:.4f}")
