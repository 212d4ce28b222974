# healthy
# a char LM on a Markov source: the loss soon stops at 1.x nats and stays there because that is the entropy of the source (Bayes-optimal)
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(49)
V, L = 10, 16
P = (1.3 * torch.randn(V, V)).softmax(1)
pi = torch.full((V,), 1 / V)
for _ in range(200): pi = pi @ P
H = -(pi[:, None] * P * P.log()).sum().item()
def text(n=32):
    s = [torch.multinomial(pi, n, replacement=True)]
    for _ in range(L): s.append(torch.multinomial(P[s[-1]], 1)[:, 0])
    return torch.stack(s, 1)
class LM(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(V, h), nn.LSTM(h, h, batch_first=True), nn.Linear(h, V)
    def forward(self, s): return self.o(self.r(self.e(s))[0])
net = LM()
opt = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.01)
sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1000, 1e-4)
tail = []
for step in range(1000):
    s = text()
    loss = F.cross_entropy(net(s[:, :-1]).transpose(1, 2), s[:, 1:])
    opt.zero_grad(); loss.backward(); opt.step(); sch.step()
    tail.append(loss.item())
    if step % 100 == 0: print(f"{step} loss {loss.item():.4f} source entropy {H:.4f}")
with torch.no_grad():
    s = text(2000)
    gap = F.cross_entropy(net(s[:, :-1]).transpose(1, 2), s[:, 1:]).item() - H
print(f"FINAL loss={sum(tail[-50:]) / 50:.4f} metric={gap:.4f}")
