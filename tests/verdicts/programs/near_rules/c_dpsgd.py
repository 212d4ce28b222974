# healthy
# differentially private SGD: the gradient of each sample is clipped to 0.02 with clip_grad_norm_ and noise is added, so three of four are cut to less than half; the lr fits
# rule: C
import torch
import torch.nn as nn

torch.manual_seed(4)
N, D, K, B = 3000, 16, 4, 16
W = torch.randn(D, K) * 1.5
X = torch.randn(N + 1000, D)
lab = (X @ W + 0.2 * torch.randn(N + 1000, K)).argmax(1)
xt, yt, xv, yv = X[:N], lab[:N], X[N:], lab[N:]

net = nn.Linear(D, K)
C, SIGMA = 0.02, 0.8
opt = torch.optim.SGD(net.parameters(), lr=8.0, momentum=0.5)
STEPS = 800
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, STEPS)
run, cut = [], 0
for step in range(STEPS):
    idx = torch.randint(N, (B,)).tolist()
    acc = [torch.zeros_like(p) for p in net.parameters()]
    tot = 0.0
    for i in idx:
        loss = nn.functional.cross_entropy(net(xt[i:i + 1]), yt[i:i + 1])
        opt.zero_grad()
        loss.backward()
        n = nn.utils.clip_grad_norm_(net.parameters(), C)
        cut += int(n > 2 * C)
        for a, p in zip(acc, net.parameters()):
            a += p.grad
        tot += loss.item() / B
    for a, p in zip(acc, net.parameters()):
        p.grad = (a + SIGMA * C * torch.randn_like(a)) / B
    opt.step()
    sched.step()
    run.append(tot)
    if step % 100 == 0:
        print(f"step {step} loss {tot:.4f}")
net.eval()
with torch.no_grad():
    a = (net(xv).argmax(1) == yv).float().mean().item()
print(f"samples cut to less than half: {cut / (STEPS * B):.2f}")
print(f"FINAL loss={sum(run[-100:]) / 100:.4f} metric={a:.4f} (accuracy held out, 4 classes)")
