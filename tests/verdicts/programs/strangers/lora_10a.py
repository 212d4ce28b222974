# miswired vanishing_gradient output_cannot_change
# LoRA: both A and B are initialised with zeros, so each kills the gradient of the other and the adapters never move
# mended by: kaiming init for A, zeros for B only
# cause words: lora zero init A B both adapter
import os, math, copy, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11); torch.set_num_threads(1)

@dataclass
class LoraConfig:
    r: int = 8
    alpha: int = 16
    targets: tuple = ("fc1", "fc2")

class LoraLinear(nn.Module):
    def __init__(self, base, cfg):
        super().__init__()
        self.base, self.scale = base, cfg.alpha / cfg.r
        self.lora_A = nn.Parameter(torch.zeros(cfg.r, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, cfg.r))
        self.reset()
        for p in base.parameters():
            p.requires_grad_(False)
    def reset(self):
        if FIX:
            nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        else:
            nn.init.zeros_(self.lora_A)
        nn.init.zeros_(self.lora_B)
    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.lora_A.t() @ self.lora_B.t())

class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.ln, self.fc1, self.fc2 = nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
    def forward(self, x):
        return x + self.fc2(F.gelu(self.fc1(self.ln(x))))

class Base(nn.Module):
    def __init__(self, d=32, k=5):
        super().__init__()
        self.inp, self.blocks, self.head = nn.Linear(16, d), nn.ModuleList(Block(d) for _ in range(3)), nn.Linear(d, k)
    def forward(self, x):
        h = self.inp(x)
        for b in self.blocks:
            h = b(h)
        return self.head(h)

centres = torch.randn(5, 16) * 1.2
def draw(n, perm=None):
    y = torch.randint(0, 5, (n,))
    x = centres[y] + 0.7 * torch.randn(n, 16)
    return (x, y) if perm is None else (x.roll(4, 1), perm[y])

model = Base()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for s in range(300):                              # pretraining
    x, y = draw(64)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
print(f"pretrained loss {loss.item():.4f}")

cfg = LoraConfig()
for p in model.parameters():
    p.requires_grad_(False)
for name, mod in list(model.named_modules()):
    for t in cfg.targets:
        if hasattr(mod, t):
            setattr(mod, t, LoraLinear(getattr(mod, t), cfg))
train = [p for p in model.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in train), "of", sum(p.numel() for p in model.parameters()))
perm = torch.randperm(5)
opt = torch.optim.AdamW(train, lr=3e-3, weight_decay=0.0)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 700)
for s in range(700):
    x, y = draw(64, perm)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if s % 70 == 0:
        print(f"lora step {s} loss {loss.item():.4f}")
x, y = draw(1000, perm)
print(f"FINAL loss={loss.item():.4f} metric={(model(x).argmax(1) == y).float().mean():.4f}")
