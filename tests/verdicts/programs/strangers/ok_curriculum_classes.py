# healthy
# the loss leaps up a hundredfold every 100 steps: each time the curriculum adds two classes; in the end all 20 are told apart
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(41)
CLASSES, PHASE = 20, 100
PROTO = torch.randn(CLASSES, 3, 8, 8)


class Curriculum:
    def __init__(self):
        self.known = 2

    def grow(self):
        self.known = min(CLASSES, self.known + 2)

    def batch(self, n=64):
        y = torch.randint(0, self.known, (n,))
        return PROTO[y] + 1.9 * torch.randn(n, 3, 8, 8), y


net = nn.Sequential(nn.Conv2d(3, 24, 3, stride=2, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten(),
                    nn.Linear(384, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, CLASSES))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
task = Curriculum()
for step in range(1400):
    if step and step % PHASE == 0 and task.known < CLASSES:
        task.grow()
        print(f"step {step}: {task.known} classes now, loss was {loss.item():.4f}")
    x, y = task.batch()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % PHASE in (2, 50):
        print(f"step {step} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = task.batch(2000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
