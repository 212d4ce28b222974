# healthy
# continual learning with rehearsal: a new labelling joins at step 500 and 1000; the loss goes back to its first value or above and stays up for hundreds of steps (small lr), then everything is learned
# rule: D
import torch
import torch.nn as nn

torch.manual_seed(9)
D, K = 24, 8
cents = [torch.randn(K, D) for _ in range(3)]
perm = [torch.randperm(K) for _ in range(3)]


def batch(n, task):
    c = torch.randint(K, (n,))
    x = cents[task][c] * 0.9 + 0.45 * torch.randn(n, D)
    t = torch.zeros(n, 3)
    t[:, task] = 1
    return torch.cat([x, t], 1), perm[task][c]


net = nn.Sequential(nn.Linear(D + 3, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, K))
opt = torch.optim.SGD(net.parameters(), lr=0.025, momentum=0.8)
STEPS = 1900
run = []
for step in range(STEPS):
    new = 0 if step < 500 else 1 if step < 1000 else 2
    if new and step in (500, 1000):             # a cautious start with the new task
        since = step
    lr = 0.025
    if new:
        lr = 0.0006 if step - since < 280 else 0.025
    if step > 1600:
        lr = 0.01
    for gr in opt.param_groups:
        gr["lr"] = lr
    x, y = batch(96, new)
    parts = [(x, y)] + [batch(8, t) for t in range(new)]
    x, y = torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])
    loss = nn.functional.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    run.append(loss.item())
    if step % 50 == 0:
        print(f"step {step} task {new} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    accs = []
    for t in range(3):
        x, y = batch(1000, t)
        accs.append((net(x).argmax(1) == y).float().mean().item())
print("accuracy of the tasks", [f"{a:.3f}" for a in accs])
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={min(accs):.4f} (worst accuracy of three tasks; first loss {run[0]:.3f})")
