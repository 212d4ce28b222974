# fp16_underflow
# float16 autocast and a loss averaged over all pixels (and small by weighting), back-propagated without a GradScaler: the gradients round to zero in half precision
# mended by: torch.amp.GradScaler
# cause words: GradScaler underflow half float16 loss scaling
import os, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(10)
class Blobs(Dataset):
    def __len__(self): return 512
    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        m = (F.interpolate(torch.randn(1, 1, 4, 4, generator=g), size=(24, 24), mode="bilinear") > 0.5).float()[0]
        return m * 0.8 + 0.5 * torch.randn(1, 24, 24, generator=g), m
class SegNet(nn.Module):
    def __init__(self, c=12):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.ReLU())
        self.head = nn.Conv2d(c, 1, 1)
    def forward(self, x): return self.head(self.enc(x))
LAMBDA_SEG = 1e-3       # weight of this term next to the others in the full system
model = SegNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, eps=1e-12)
scaler = torch.amp.GradScaler("cpu", enabled=FIX, init_scale=2.0 ** 14)
loader = DataLoader([Blobs()[i] for i in range(512)], batch_size=32, shuffle=True)
val = [Blobs()[i] for i in range(600, 664)]
vx, vy = torch.stack([a for a, _ in val]), torch.stack([b for _, b in val])
def train(epoch):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            out = model(x)
            loss = LAMBDA_SEG * F.binary_cross_entropy_with_logits(out.float(), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer); scaler.update()
    return loss.item()
def evaluate():
    with torch.no_grad():
        p = model(vx) > 0
    inter = (p & (vy > 0.5)).sum(); union = (p | (vy > 0.5)).sum()
    return (inter / union.clamp(min=1)).item()
for ep in range(12):
    l = train(ep)
    if ep % 3 == 0: print(f"epoch {ep} loss {l:.3e} iou {evaluate():.3f}")
print(f"FINAL loss={l:.6f} metric={evaluate():.4f}")
