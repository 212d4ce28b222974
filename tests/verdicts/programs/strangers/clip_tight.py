# healthy
# every gradient is clipped to norm 0.05 (differentially-private style), but the learning rate is matched to it (SGD lr 1 = normalised gradient descent) and it learns
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(47)
V, L = 50, 12
topic = (torch.randn(4, V) * 1.5).softmax(1)
def docs(n=64):
    y = torch.randint(0, 4, (n,))
    return torch.multinomial(topic[y], L, replacement=True), y

class Bag(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.e = nn.EmbeddingBag(V, d, mode="mean")
        self.f = nn.Sequential(nn.Linear(d, 32), nn.ReLU(), nn.Linear(32, 4))
    def forward(self, x): return self.f(self.e(x))

net = Bag()
opt = torch.optim.SGD(net.parameters(), lr=1.0)
sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
clipped = 0
for step in range(1500):
    x, y = docs()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward()
    clipped += (nn.utils.clip_grad_norm_(net.parameters(), 0.05) > 0.05).item()
    opt.step(); sch.step()
    if step % 150 == 0: print(f"{step} loss {loss.item():.4f} clipped {clipped}/{step + 1}")
x, y = docs(2000)
with torch.no_grad(): acc = (net(x).argmax(1) == y).float().mean().item()
with torch.no_grad(): bayes = (topic.log()[:, x].sum(2).argmax(0) == y).float().mean().item()
print("bayes", bayes)
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
