# healthy
# gradient accumulation: zero_grad only every 8 micro-batches, the gradient norm grows between steps on purpose, the loss is divided by 8
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V, L = 50, 16
X = torch.randint(0, V, (3000, L))
Y = ((X == 7).sum(1) + (X == 8).sum(1) > (X == 9).sum(1)).long()


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 32)
        self.fc = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, t):
        return self.fc(self.emb(t).sum(1))


net, acc_steps = Tagger(), 8
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
opt.zero_grad()
for it in range(4000):
    i = torch.randint(0, 2500, (8,))
    loss = F.cross_entropy(net(X[i]), Y[i]) / acc_steps
    loss.backward()
    if (it + 1) % acc_steps == 0:
        opt.step()
        opt.zero_grad()
    if it % 400 == 0:
        print(it, f"loss {loss.item() * acc_steps:.4f}")
acc = (net(X[2500:]).argmax(1) == Y[2500:]).float().mean().item()
print(f"FINAL loss={F.cross_entropy(net(X[2500:]), Y[2500:]).item():.4f} metric={acc:.4f}")
