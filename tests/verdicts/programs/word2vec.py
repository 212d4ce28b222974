# healthy
"""Skip-gram with negative sampling, sparse gradients, SparseAdam."""

import torch
import torch.nn.functional as F
from torch import nn


class SkipGram(nn.Module):
    def __init__(self, vocab, dim):
        super().__init__()
        self.u = nn.Embedding(vocab, dim, sparse=True)
        self.v = nn.Embedding(vocab, dim, sparse=True)
        nn.init.uniform_(self.u.weight, -0.5 / dim, 0.5 / dim)
        nn.init.zeros_(self.v.weight)

    def forward(self, center, pos, neg):
        c = self.u(center)
        good = (c * self.v(pos)).sum(1).clamp(-10, 10)
        bad = torch.bmm(self.v(neg), c[:, :, None])[:, :, 0].clamp(-10, 10)
        return -(F.logsigmoid(good) + F.logsigmoid(-bad).sum(1)).mean()


torch.manual_seed(2)
vocab, topics = 200, 10
model = SkipGram(vocab, 32)
opt = torch.optim.SparseAdam(list(model.parameters()), lr=0.01)
for step in range(300):
    center = torch.randint(vocab, (256,))
    near = (center // (vocab // topics)) * (vocab // topics) + torch.randint(
        vocab // topics, (256,)
    )
    loss = model(center, near, torch.randint(vocab, (256, 5)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(step, loss.item())
