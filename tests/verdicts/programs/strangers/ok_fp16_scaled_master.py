# healthy
# float16 weights with a hand-made dynamic loss scaler: the raw gradients are tens of thousands and sometimes infinite, those steps are skipped and the scale halved; it learns well
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
D, K = 24, 8
W1, W2 = torch.randn(D, 12) / 3, torch.randn(12, K)


def batch(n):
    x = torch.randn(n, D)
    return x, (torch.tanh(x @ W1) @ W2).argmax(1)


net = nn.Sequential(nn.Linear(D, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, K)).half()
master = [p.detach().float().requires_grad_(True) for p in net.parameters()]
opt = torch.optim.AdamW(master, lr=2e-3)
scale, good, skipped = 2.0 ** 22, 0, 0
for step in range(1500):
    x, y = batch(128)
    loss = F.cross_entropy(net(x.half()).float(), y)
    net.zero_grad()
    (loss * scale).backward()
    if all(torch.isfinite(p.grad).all() for p in net.parameters()):
        for m, p in zip(master, net.parameters()):
            m.grad = p.grad.float() / scale
        nn.utils.clip_grad_norm_(master, 1.0)
        opt.step()
        with torch.no_grad():
            for m, p in zip(master, net.parameters()):
                p.copy_(m)
        good += 1
        if good % 100 == 0:
            scale *= 2
    else:
        scale, good, skipped = scale / 2, 0, skipped + 1
    if step % 200 == 0:
        print(step, loss.item(), scale, skipped)
x, y = batch(2000)
print(f"FINAL loss={loss.item():.4f} metric={(net(x.half()).argmax(1) == y).float().mean().item():.3f} skipped={skipped}")
