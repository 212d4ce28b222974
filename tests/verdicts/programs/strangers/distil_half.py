# fp16_underflow
# distilling a recommender's policy over 512 items under float16 autocast with kl_div(reduction="mean") (divides by batch x items) and no GradScaler: the gradients are below 6e-8
# mended by: torch.amp.GradScaler around backward and step
# cause words: GradScaler scaler scaling underflow float16 half batchmean reduction
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
USERS, ITEMS, D = 16, 512, 24
teacher = nn.Sequential(nn.Linear(USERS, 64), nn.Tanh(), nn.Linear(64, ITEMS)).requires_grad_(False)
for p in teacher.parameters():
    p.mul_(4)
student = nn.Sequential(nn.Linear(USERS, 48), nn.GELU(), nn.Linear(48, D), nn.GELU(), nn.Linear(D, ITEMS))
opt = torch.optim.AdamW(student.parameters(), lr=3e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 500)
scaler = torch.amp.GradScaler("cpu", enabled=FIX)
kl = nn.KLDivLoss(reduction="mean")


def batch(n=256):
    x = torch.randn(n, USERS)
    return x, F.softmax(teacher(x), -1)


for step in range(500):
    x, t = batch()
    with torch.autocast("cpu", dtype=torch.float16):
        logits = student(x)
        loss = kl(F.log_softmax(logits.float(), -1), t)
    opt.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(opt)
    scaler.update()
    sched.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.6f}")
with torch.no_grad():
    x, t = batch(2000)
    out = student(x)
    k = F.kl_div(F.log_softmax(out, -1), t, reduction="batchmean").item()
print(f"FINAL loss={loss.item():.6f} metric={k:.3f} (KL to the teacher)")
