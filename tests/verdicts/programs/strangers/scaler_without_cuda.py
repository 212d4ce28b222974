# fp16_underflow vanishing_gradient plateau not_learning
# GradScaler is enabled only if CUDA is available, so float16 autocast on CPU runs unscaled; the mean-reduced KD loss at T=20 gives gradients that underflow to exactly zero.
# mended by: GradScaler enabled=cfg.amp
"""Knowledge distillation of a wide teacher into a student under float16 autocast."""
import argparse
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
ap = argparse.ArgumentParser()
ap.add_argument("--amp", default=True)
ap.add_argument("--temperature", type=float, default=20.0)
ap.add_argument("--lr", type=float, default=1e-3)
ap.add_argument("--steps", type=int, default=400)
ap.add_argument("--bs", type=int, default=256)
cfg = ap.parse_args()
torch.manual_seed(17)
C, D = 100, 12

teacher = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, C)).eval()
with torch.no_grad():
    for m in teacher:
        if isinstance(m, nn.Linear):
            m.weight.mul_(2.0)
for p in teacher.parameters():
    p.requires_grad_(False)
student = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, C))


def kd_loss(s, t, T):
    return F.kl_div(F.log_softmax(s / T, -1), F.softmax(t / T, -1), reduction="none").mean()


use_scaler = cfg.amp if FIX else cfg.amp and torch.cuda.is_available()
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 16, growth_interval=100, enabled=use_scaler)
opt = torch.optim.AdamW(student.parameters(), lr=cfg.lr, weight_decay=0.01)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, cfg.steps, eta_min=1e-4)
pool = torch.randn(20000, D)
hist = []
for step in range(cfg.steps):
    x = pool[torch.randint(0, len(pool), (cfg.bs,))]
    with torch.no_grad():
        t = teacher(x)
    with torch.autocast("cpu", dtype=torch.float16, enabled=cfg.amp):
        s = student(x)
    loss = kd_loss(s.float(), t, cfg.temperature)
    opt.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(opt)
    scaler.update()
    sched.step()
    agree = (s.argmax(-1) == t.argmax(-1)).float().mean().item()
    hist.append((loss.item(), agree))
    if step % 40 == 0:
        z = [round((p.grad == 0).float().mean().item(), 2) for p in student.parameters()]
        print(step, f"kd {loss.item():.3e} agree {agree:.3f}", z)
k = cfg.steps // 10
print(f"FINAL loss={sum(h[0] for h in hist[-k:]) / k:.4e} metric={sum(h[1] for h in hist[-k:]) / k:.4f}")
