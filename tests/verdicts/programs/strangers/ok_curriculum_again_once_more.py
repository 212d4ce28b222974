# healthy
# the loss jumps up at steps 300, 600, 900 because the curriculum moves on to longer sequences; the accuracy at the full length is high at the end
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(33)
V = 8

def batch(n, L):
    """copy the marked token: token 0 marks, the answer is the one after it"""
    x = torch.randint(1, V, (n, L))
    p = torch.randint(0, L - 1, (n,))
    r = torch.arange(n)
    y = x[r, p + 1]
    x[r, p] = 0
    return (x, y)

class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.fc = (nn.Embedding(V, 24), nn.GRU(24, 64, batch_first=True), nn.Linear(64, V))

    def forward(self, x):
        return self.fc(self.rnn(self.emb(x))[0][:, -1])
model = Net()
opt = torch.optim.Adam(model.parameters(), lr=0.004)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, [1100], 0.3)
for s in range(1300):
    L = [3, 6, 12, 20][min(3, s // 300)]
    x, y = batch(64, L)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 2.0)
    opt.step()
    sched.step()
    if s % 100 == 0:
        print(s, L, f'loss {loss.item():.4f}')
with torch.no_grad():
    x, y = batch(1000, 20)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={acc:.4f}')
