# dead_relu vanishing_gradient output_cannot_change
# the focal-loss prior bias (-log((1-p)/p)) is meant for the last layer only, but init_weights applies it to every convolution: hidden ReLUs get -4.6 and are zero for every image
# mended by: the prior bias only in the classification layer
# cause words: bias, init, prior, ReLU, dead, -4.6
import os, math
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)

class Detector(nn.Module):
    def __init__(self, prior=0.01):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(),
                                  nn.Conv2d(12, 12, 3, padding=1), nn.ReLU())
        self.cls = nn.Conv2d(12, 1, 1)
        self.init_weights(prior)
    def init_weights(self, prior):
        b = -math.log((1 - prior) / prior)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.normal_(m.weight, std=0.1)
                nn.init.constant_(m.bias, b if (not FIX or m is self.cls) else 0.0)
    def forward(self, x): return self.cls(self.body(x)).squeeze(1)

def batch(n):
    x = 0.3 * torch.randn(n, 1, 16, 16); t = torch.zeros(n, 16, 16)
    for i in range(n):
        r, c = torch.randint(2, 14, (2,)).tolist()
        x[i, 0, r - 1:r + 2, c] += 1.5; x[i, 0, r, c - 1:c + 2] += 1.5   # a cross
        t[i, r, c] = 1
    return x, t

def focal(logit, t, alpha=0.75, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logit, t, reduction="none")
    p = logit.sigmoid(); pt = p * t + (1 - p) * (1 - t)
    return ((alpha * t + (1 - alpha) * (1 - t)) * (1 - pt) ** gamma * ce).sum() / t.sum()

model = Detector()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(350):
    x, t = batch(16)
    loss = focal(model(x), t)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 50 == 0: print(step, f"loss {loss.item():.4f}")
with torch.no_grad():
    x, t = batch(300)
    hit = (model(x).flatten(1).argmax(1) == t.flatten(1).argmax(1)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={hit:.4f}")
