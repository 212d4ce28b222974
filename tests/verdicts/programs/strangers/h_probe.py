# healthy
# the random convolution features are frozen on purpose and have no gradient; only the linear read-out is trained
import torch, torch.nn as nn
torch.manual_seed(30)
def tones(n, T=200):
    y = torch.randint(0, 5, (n,)); f = torch.tensor([.03, .06, .1, .16, .23])[y][:, None]
    t = torch.arange(T)
    return (torch.sin(6.2832 * f * t + 6.28 * torch.rand(n, 1)) + 0.7 * torch.randn(n, T))[:, None], y
class RandomFeatures(nn.Module):
    def __init__(self, k=128):
        super().__init__()
        self.conv = nn.Conv1d(1, k, 25, bias=True)
        self.requires_grad_(False)
    @torch.no_grad()
    def forward(self, x):
        h = self.conv(x)
        return torch.cat([h.amax(-1), (h > 0).float().mean(-1), h.std(-1)], 1)
feat = RandomFeatures().eval()
probe = nn.Sequential(nn.BatchNorm1d(384), nn.Linear(384, 5))
opt = torch.optim.SGD(probe.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3)
X, y = tones(1500); Xv, yv = tones(400)
for epoch in range(10):
    for b in torch.randperm(1500).split(50):
        loss = nn.functional.cross_entropy(probe(feat(X[b])), y[b])
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
probe.eval()
with torch.no_grad():
    acc = (probe(feat(Xv)).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
