# healthy
# looks suspicious: most embedding rows have zero gradient in every step (long tail, sparse), the loss starts flat at log 2; ranking gets good
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(49)
torch.set_num_threads(1)
U, I, d = (300, 1200, 12)
gu, gi = (F.one_hot(torch.randint(0, 6, (U,)), 6).float(), F.one_hot(torch.randint(0, 6, (I,)), 6).float())
aff = gu @ gi.T
pop = 1 / torch.arange(1, I + 1).float() ** 0.4
P = aff * pop + 0.02 * pop

class BPR(nn.Module):

    def __init__(self):
        super().__init__()
        self.u, self.i, self.b = (nn.Embedding(U, d, sparse=True), nn.Embedding(I, d, sparse=True), nn.Embedding(I, 1, sparse=True))
        for e in (self.u, self.i):
            nn.init.normal_(e.weight, std=0.05)
        nn.init.zeros_(self.b.weight)

    def score(self, u, i):
        return (self.u(u) * self.i(i)).sum(-1) + self.b(i).squeeze(-1)
m = BPR()
opt = torch.optim.SparseAdam(m.parameters(), lr=0.005)
for s in range(1000):
    u = torch.randint(0, U, (128,))
    pos = torch.multinomial(P[u], 1).squeeze(1)
    neg = torch.randint(0, I, (128,))
    loss = -F.logsigmoid(m.score(u, pos) - m.score(u, neg)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 150 == 0:
        print(f'step {s} bpr {loss.item():.4f}')
with torch.no_grad():
    sc = m.u.weight @ m.i.weight.T + m.b.weight.T
    hit = aff.gather(1, sc.topk(20, 1).indices).mean().item()
print(f'FINAL loss={loss.item():.4f} metric={hit:.4f}')
