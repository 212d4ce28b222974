# fp16_underflow not_learning plateau
# weights live in bfloat16 and the steps are below half an ulp of most of them: they round back to the old value
# mended by: float32 master weights
# cause words: bfloat16 bf16 round precision lost underflow
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
dtype = torch.float32 if FIX else torch.bfloat16
teacher = nn.Sequential(nn.Linear(32, 64), nn.Tanh(), nn.Linear(64, 5))
with torch.no_grad():
    teacher[0].weight.mul_(3)
    teacher[2].weight.mul_(4)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp, self.mid, self.out = nn.Linear(32, 128), nn.Linear(128, 128), nn.Linear(128, 5)
        self.norm = nn.LayerNorm(128)
    def forward(self, x):
        h = F.gelu(self.inp(x))
        return self.out(self.norm(h + F.gelu(self.mid(h))))

model = Net().to(dtype)
opt = torch.optim.SGD(model.parameters(), lr=2e-3, momentum=0.0)
X = torch.randn(4096, 32)
Y = teacher(X).argmax(1)
for step in range(1500):
    i = torch.randint(0, 4096, (128,))
    loss = F.cross_entropy(model(X[i].to(dtype)).float(), Y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(step, loss.item())
with torch.no_grad():
    o = model(X.to(dtype)).float()
print(f"FINAL loss={F.cross_entropy(o, Y).item():.4f} metric={(o.argmax(1) == Y).float().mean().item():.4f}")
