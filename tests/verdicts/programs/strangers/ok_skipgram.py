# healthy
# word2vec skip-gram with negative sampling and SparseAdam: embeddings start at zero output, most rows get no gradient in a step, the loss ends far from zero as it must; the neighbours are right
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V, TOPICS, DIM = 400, 8, 16
topic = torch.arange(V) % TOPICS


def pairs(n=256):
    w = torch.randint(0, V, (n,))
    same = torch.randint(0, V // TOPICS, (n,)) * TOPICS + topic[w]
    c = torch.where(torch.rand(n) < 0.7, same, torch.randint(0, V, (n,)))
    return w, c


class SkipGram(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Embedding(V, DIM, sparse=True)
        self.out = nn.Embedding(V, DIM, sparse=True)
        nn.init.uniform_(self.inp.weight, -0.5 / DIM, 0.5 / DIM)
        nn.init.zeros_(self.out.weight)

    def forward(self, w, c, neg):
        v = self.inp(w)
        pos = (v * self.out(c)).sum(1)
        negs = torch.bmm(self.out(neg), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(pos) + F.logsigmoid(-negs).sum(1)).mean()


model = SkipGram()
opt = torch.optim.SparseAdam(list(model.parameters()), lr=5e-3)
for step in range(1200):
    w, c = pairs()
    loss = model(w, c, torch.randint(0, V, (256, 5)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    e = F.normalize(model.inp.weight, dim=1)
    sim = e @ e.t() - 2 * torch.eye(V)
    acc = (topic[sim.argmax(1)] == topic).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
