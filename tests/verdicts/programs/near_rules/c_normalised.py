# healthy
# normalised gradient descent written with clip_grad_norm_(0.01) and a matching learning rate of 8: every step is cut, most to a hundredth, on purpose
# rule: C
import torch
import torch.nn as nn

torch.manual_seed(0)
K, D, N = 6, 20, 5000
cent = torch.randn(K, 2, D) * 1.3               # two clusters for each class
lab = torch.randint(K, (N + 1500,))
X = cent[lab, torch.randint(2, (N + 1500,))] + torch.randn(N + 1500, D) * 1.3
xt, yt, xv, yv = X[:N], lab[:N], X[N:], lab[N:]

net = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, K))
MAX = 0.01                                        # far below the usual norms
opt = torch.optim.SGD(net.parameters(), lr=8.0)   # a step is as long as 0.08
STEPS = 1500
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=0.05)
run, cut = [], 0
for step in range(STEPS):
    i = torch.randint(N, (64,))
    loss = nn.functional.cross_entropy(net(xt[i]), yt[i], label_smoothing=0.1)
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), MAX)
    cut += int(norm > 2 * MAX)
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f} norm {norm.item():.3f}")

net.eval()
with torch.no_grad():
    acc = (net(xv).argmax(1) == yv).float().mean().item()
print(f"cut to less than half: {cut} of {STEPS}")
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={acc:.4f} (accuracy held out, 6 classes)")
