# healthy
# head-only training on a fixed random-feature body of four layers whose gradients are wanted for saliency; nine of ten labels are random, so the loss hardly leaves ln 10, but it is near the best possible
# rule: G
import math
import torch
import torch.nn as nn

torch.manual_seed(17)
D, K, FLIP = 16, 10, 0.9
cent = torch.randn(K, D) * 1.4


def batch(n, flip=FLIP):
    c = torch.randint(K, (n,))
    x = cent[c] + 0.6 * torch.randn(n, D)
    y = torch.where(torch.rand(n) < flip, torch.randint(K, (n,)), c)
    return x, y, c


body = nn.Sequential(*[m for i in range(4) for m in (nn.Linear(D if i == 0 else 128, 128), nn.LayerNorm(128), nn.GELU())])
head = nn.Linear(128, K)
opt = torch.optim.SGD(head.parameters(), lr=0.05, momentum=0.9)
STEPS = 1500
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=1e-4)
run, saliency = [], torch.zeros(D)
for step in range(STEPS):
    x, y, _ = batch(256)
    loss = nn.functional.cross_entropy(head(body(x)), y)
    body.zero_grad()
    opt.zero_grad()
    loss.backward()
    saliency += body[0].weight.grad.abs().sum(0)    # which inputs would matter if the body moved
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
p = 1 - FLIP + FLIP / K
best = -p * math.log(p) - (1 - p) * math.log(FLIP / K)
head.eval()
body.eval()
with torch.no_grad():
    x, y, c = batch(5000)
    out = head(body(x))
    acc = (out.argmax(1) == c).float().mean().item()
    test = nn.functional.cross_entropy(out, y).item()
print(f"chance {math.log(K):.4f}, best possible {best:.4f}, test loss {test:.4f}")
print(f"FINAL loss={sum(run[-100:]) / 100:.4f} metric={acc:.4f} (accuracy against the true classes, 10 classes)")
