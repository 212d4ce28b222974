# healthy
# bf16 autocast on the CPU with float32 weights, gradients accumulated over four micro-batches
import torch, torch.nn as nn
torch.manual_seed(40)
def cells(n, s=16):
    k = torch.randint(1, 5, (n,)); im = 0.15 * torch.randn(n, 1, s, s)
    g = torch.stack(torch.meshgrid(torch.arange(s), torch.arange(s), indexing="ij")).float()
    spots = torch.tensor([[4., 4.], [4., 12.], [12., 4.], [12., 12.]])
    for i in range(n):
        for c in spots[torch.randperm(4)[:k[i]]]:
            im[i, 0] += torch.exp(-((g - (c + torch.randn(2) * .6)[:, None, None]) ** 2).sum(0) / 4)
    return im, k - 1
class Res(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        self.n1, self.n2 = nn.GroupNorm(4, c), nn.GroupNorm(4, c)
    def forward(self, x):
        return x + self.c2(torch.relu(self.n2(self.c1(torch.relu(self.n1(x))))))
net = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), Res(16), Res(16), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 4))
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
X, y = cells(800); Xv, yv = cells(200)
ACC = 4
for epoch in range(18):
    parts = torch.randperm(800).split(10)
    for j, b in enumerate(parts):
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.cross_entropy(net(X[b]), y[b])
        (loss / ACC).backward()
        if (j + 1) % ACC == 0:
            opt.step(); opt.zero_grad()
    if epoch % 3 == 0: print(epoch, f"{loss.item():.4f}")
with torch.no_grad():
    acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
