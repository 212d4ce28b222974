# healthy
# after 700 steps all is frozen and 500 more passes only let the BatchNorm statistics settle; the loop goes on with optimizer.step() but no tensor has a gradient and the loss does not move, as planned
# rule: E
import torch
import torch.nn as nn

torch.manual_seed(12)
N, K = 4000, 5
base = torch.randn(K, 1, 12, 12)
lab = torch.randint(K, (N + 1000,))
X = base[lab] * 0.5 + torch.randn(N + 1000, 1, 12, 12) * 0.9
X = X * 1.5 + 2.0
xt, yt, xv, yv = X[:N], lab[:N], X[N:], lab[N:]

net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12, momentum=0.02), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 16, 3, padding=1), nn.BatchNorm2d(16, momentum=0.02), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(144, K))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
TRAIN, CALIB = 700, 500
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, TRAIN, eta_min=1e-5)
run = []
for step in range(TRAIN + CALIB):
    if step == TRAIN:                           # weights are done; statistics still move
        for p in net.parameters():
            p.requires_grad_(False)
    i = torch.randint(N, (64,))
    loss = nn.functional.cross_entropy(net(xt[i]), yt[i], label_smoothing=0.05)
    opt.zero_grad(set_to_none=True)
    if loss.requires_grad:
        loss.backward()
    opt.step()                                  # without gradients: does nothing
    if step < TRAIN:
        sched.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    acc = (net(xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={acc:.4f} (accuracy held out, eval mode, 5 classes)")
