# plateau not_learning fp16_underflow
# weights held in bfloat16 and stepped by SGD with a small rate: the update is below half a unit in the last place of the weight and is rounded away
# mended by: float32 master weights, bf16 only by autocast
# cause words: bfloat16 bf16 rounding precision master update
import os
import torch
from torch import nn
import contextlib

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
DT = torch.float32 if FIX else torch.bfloat16
X = torch.randn(4096, 16)
w = torch.randn(16, 4)
Y = (X @ w + 0.5 * torch.sin(X[:, :4] * 2)).argmax(1)

model = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 4)).to(DT)
groups = [{"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 1e-5},
          {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0}]
# gentle rate: "fine-tuning recipe"
opt = torch.optim.SGD(groups, lr=2e-2, momentum=0.0)
B = 512
step = 0
for epoch in range(120):
    perm = torch.randperm(len(X))
    for i in range(0, len(X), B):
        idx = perm[i:i + B]
        ctx = torch.autocast("cpu", dtype=torch.bfloat16) if FIX else contextlib.nullcontext()
        with ctx:
            out = model(X[idx].to(DT))
        loss = nn.functional.cross_entropy(out.float(), Y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        step += 1
    if epoch % 20 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    out = model(X.to(DT)).float()
    print(f"FINAL loss={nn.functional.cross_entropy(out, Y).item():.4f} metric={(out.argmax(1) == Y).float().mean():.3f}")
