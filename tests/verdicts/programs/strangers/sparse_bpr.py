# healthy
# Recommender with sparse embeddings, SparseAdam and BPR loss: per step most rows get no gradient and rare items hardly ever move; gradients are sparse tensors. That is how it should be.
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(47)
g = torch.Generator().manual_seed(47)
U, I, K = 600, 900, 6
taste = F.softmax(3 * torch.randn(U, K, generator=g), 1)
genre = torch.randint(0, K, (I,), generator=g)
pop = 1 / (torch.arange(I).float() + 10) ** 0.5
pop = pop[torch.randperm(I, generator=g)]
probs = taste[:, genre] * pop[None] 
seen = torch.multinomial(probs, 31, generator=g)             # 30 for training, 1 held out
train_i, test_i = seen[:, :30], seen[:, 30]
class BPR(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.u = nn.Embedding(U, d, sparse=True)
        self.v = nn.Embedding(I, d, sparse=True)
        self.b = nn.Embedding(I, 1, sparse=True)
        nn.init.normal_(self.u.weight, std=0.1); nn.init.normal_(self.v.weight, std=0.1); nn.init.zeros_(self.b.weight)
    def score(self, u, i):
        return (self.u(u) * self.v(i)).sum(-1) + self.b(i).squeeze(-1)
    def forward(self, u, pos, neg):
        x = self.score(u, pos) - self.score(u, neg)
        l2 = self.u(u).pow(2).sum(-1) + self.v(pos).pow(2).sum(-1) + self.v(neg).pow(2).sum(-1)
        return -F.logsigmoid(x).mean(), 0.01 * l2.mean()
net = BPR()
opt = torch.optim.SparseAdam(list(net.parameters()), lr=5e-3)
for step in range(1500):
    u = torch.randint(0, U, (256,), generator=g)
    pos = train_i[u, torch.randint(0, 30, (256,), generator=g)]
    neg = torch.randint(0, I, (256,), generator=g)
    bpr, reg = net(u, pos, neg)
    opt.zero_grad()
    (bpr + reg).backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} bpr {bpr.item():.4f} reg {reg.item():.4f}")
with torch.no_grad():
    s = net.u.weight @ net.v.weight.T + net.b.weight.T
    s.scatter_(1, train_i, -1e9)
    rank = (s > s.gather(1, test_i[:, None])).sum(1)
    auc = 1 - rank.float().mean().item() / (I - 30)
print(f"hit@50 {(rank < 50).float().mean().item():.3f} (chance {50 / (I - 30):.3f})")
print(f"FINAL loss={bpr.item():.4f} metric={auc:.4f}")
