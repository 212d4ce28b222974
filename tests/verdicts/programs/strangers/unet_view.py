# miswired
# per-pixel logits (N, C, H, W) are flattened with view(-1, C) without moving the channel axis last, so scores of one pixel are mixed with others
# mended by: permute(0, 2, 3, 1).reshape(-1, C)
# cause words: view, permute, reshape, channel, flatten, layout
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
C, S = 3, 16


def double_conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
                         nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = double_conv(1, 8)
        self.down2 = double_conv(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.dec = double_conv(16, 8)
        self.out = nn.Conv2d(8, C, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        return self.out(self.dec(torch.cat([a, self.up(b)], 1)))


def get_batch(n):
    mask = torch.zeros(n, S, S, dtype=torch.long)
    yy, xx = torch.meshgrid(torch.arange(S), torch.arange(S), indexing="ij")
    for i in range(n):
        cy, cx = torch.randint(4, 12, (2,)).tolist()
        mask[i][(yy - cy) ** 2 + (xx - cx) ** 2 <= 9] = 1
        r, q = torch.randint(0, 11, (2,)).tolist()
        mask[i, r:r + 5, q:q + 5] = 2
    img = torch.tensor([0.0, 1.0, -1.0])[mask].unsqueeze(1) + 0.3 * torch.randn(n, 1, S, S)
    return img, mask


data = [get_batch(16) for _ in range(30)]
net = UNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(10):
    for img, mask in data:
        logits = net(img)
        flat = logits.permute(0, 2, 3, 1).reshape(-1, C) if FIX else logits.view(-1, C)
        loss = criterion(flat, mask.view(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))
net.eval()
img, mask = get_batch(64)
with torch.no_grad():
    pred = net(img).argmax(1)
iou = sum(((pred == c) & (mask == c)).sum().item() / max(1, ((pred == c) | (mask == c)).sum().item()) for c in range(C)) / C
print(f"FINAL loss={loss.item():.4f} metric={iou:.4f}")
