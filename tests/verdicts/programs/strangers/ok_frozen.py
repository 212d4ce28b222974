# healthy
# finetuning: the backbone is frozen on purpose and in eval mode, only a linear probe and the biases (BitFit) are trained, most parameters have no gradient
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
W = torch.randn(24, 8)


def task(n, cols):
    x = torch.randn(n, 24)
    return x, (torch.tanh(x @ W)[:, cols]).argmax(1)


body = nn.Sequential(nn.Linear(24, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
head = nn.Linear(128, 8)
opt = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=2e-3)
x, y = task(4000, list(range(8)))
for _ in range(300):
    i = torch.randint(0, 4000, (64,))
    opt.zero_grad()
    F.cross_entropy(head(body(x[i])), y[i]).backward()
    opt.step()
print("pretrained")
body.requires_grad_(False)
body[2].bias.requires_grad_(True)
body.eval()
head = nn.Linear(128, 3)
x, y = task(3000, [0, 3, 6])
xt, yt = task(500, [0, 3, 6])
opt = torch.optim.Adam(filter(lambda p: p.requires_grad, [*body.parameters(), *head.parameters()]), lr=3e-3)
for step in range(700):
    i = torch.randint(0, 3000, (64,))
    loss = F.cross_entropy(head(body(x[i])), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 70 == 0:
        print(step, f"{loss.item():.4f}")
acc = (head(body(xt)).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
