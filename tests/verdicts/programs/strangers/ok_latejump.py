# healthy
# the loss lies flat at log 2 for a long time, then falls suddenly: parity of four hidden bits has no first-order signal, but is learned
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(45)
BITS, SECRET = 24, [1, 6, 11, 16]


def batch(n):
    x = torch.randint(0, 2, (n, BITS)).float() * 2 - 1
    return x, (x[:, SECRET].prod(1) > 0).float()


model = nn.Sequential(nn.Linear(BITS, 256), nn.ReLU(), nn.Linear(256, 1))
opt = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
hist = []
for step in range(3000):
    x, y = batch(64)
    loss = F.binary_cross_entropy_with_logits(model(x).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(2000)
    acc = ((model(x).squeeze(1) > 0).float() == y).float().mean().item()
print(f"FINAL loss={sum(hist[-50:]) / 50:.4f} metric={acc:.3f}")
