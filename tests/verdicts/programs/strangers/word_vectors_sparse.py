# healthy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(37)
VOCAB, TOPICS = 1200, 30
topic_of = torch.randint(TOPICS, (VOCAB,))
words = [torch.where(topic_of == t)[0] for t in range(TOPICS)]
table = torch.stack([w[torch.multinomial(1.0 / (1 + torch.arange(len(w)).float()).sqrt(), 64, replacement=True)] for w in words])


def skipgrams(n):
    t = torch.randint(TOPICS, (n,))
    c = table[t[:, None], torch.randint(64, (n, 2))]
    return c[:, 0], c[:, 1]


class SkipGram(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.center = nn.Embedding(VOCAB, d, sparse=True)
        self.context = nn.Embedding(VOCAB, d, sparse=True)
        nn.init.uniform_(self.center.weight, -0.5 / d, 0.5 / d)
        nn.init.zeros_(self.context.weight)

    def forward(self, c, o, neg):
        v = self.center(c)
        pos = (v * self.context(o)).sum(1)
        negs = torch.bmm(self.context(neg), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(pos) + F.logsigmoid(-negs).sum(1)).mean()


model = SkipGram()
opt = torch.optim.SparseAdam(model.parameters(), lr=0.02)
for step in range(300):
    c, o = skipgrams(256)
    loss = model(c, o, torch.randint(VOCAB, (256, 5)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0 or step == 299:
        with torch.no_grad():
            e = F.normalize(model.center.weight, dim=1)
            s = e @ e.t()
            s.fill_diagonal_(-2)
            acc = (topic_of[s.argmax(1)] == topic_of).float().mean().item()
        print(f'{step} loss {loss.item():.4f} neighbour shares topic {acc:.3f}')
