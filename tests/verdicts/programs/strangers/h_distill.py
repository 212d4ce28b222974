# healthy
# the teacher runs under no_grad and gets no gradients; the soft loss is multiplied by T^2 and does not go to zero
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(90)
cent = torch.randn(10, 3, 24)
def data(n):
    y = torch.randint(10, (n,)); k = torch.randint(3, (n,))
    return cent[y, k] + 0.9 * torch.randn(n, 24), y
mlp = lambda h: nn.Sequential(nn.Linear(24, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, 10))
teacher, student = mlp(160), mlp(24)
def train(net, steps, lossf, lr):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    for s in range(steps):
        x, y = data(64)
        loss = lossf(x, y)
        opt.zero_grad(); loss.backward(); opt.step()
        if s % 200 == 0: print("step", s, f"{loss.item():.4f}")
    return loss.item()
train(teacher, 500, lambda x, y: F.cross_entropy(teacher(x), y), 2e-3)
teacher.eval().requires_grad_(False)
T = 4.0
def kd(x, y):
    with torch.no_grad():
        soft = F.log_softmax(teacher(x) / T, -1)
    out = student(x)
    return 0.8 * T * T * F.kl_div(F.log_softmax(out / T, -1), soft, log_target=True, reduction="batchmean") + 0.2 * F.cross_entropy(out, y)
last = train(student, 800, kd, 3e-3)
with torch.no_grad():
    x, y = data(2000); acc = (student(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={last:.4f} metric={acc:.4f}")
