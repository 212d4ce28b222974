# healthy
# recommender with sparse embeddings and a long tail: in each step almost all embedding rows get no gradient and some are never touched; the ranking is good
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
U, I, D = 2000, 4000, 8
gu, gi = torch.randn(U, D), torch.randn(I, D)
pop = 1 / torch.arange(1, I + 1).float() ** 1.1
pop = pop / pop.sum()


def interactions(n):
    u = torch.randint(0, 200, (n,))
    cand = torch.multinomial(pop, n * 8, replacement=True).view(n, 8)
    s = (gu[u][:, None] * gi[cand]).sum(-1)
    return u, cand[torch.arange(n), s.argmax(1)], cand[torch.arange(n), s.argmin(1)]


class BPR(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.u, self.i = nn.Embedding(U, d, sparse=True), nn.Embedding(I, d, sparse=True)
        nn.init.normal_(self.u.weight, std=0.1)
        nn.init.normal_(self.i.weight, std=0.1)

    def score(self, u, i):
        return (self.u(u) * self.i(i)).sum(-1)


model = BPR()
opt = torch.optim.SparseAdam(list(model.parameters()), lr=5e-3)
for step in range(2500):
    u, pos, neg = interactions(256)
    loss = -F.logsigmoid(model.score(u, pos) - model.score(u, neg)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 400 == 0:
        print(step, round(loss.item(), 4))
u, pos, neg = interactions(4000)
with torch.no_grad():
    auc = (model.score(u, pos) > model.score(u, neg)).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={auc:.3f}")
