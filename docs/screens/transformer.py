"""A small Transformer that predicts the next character; at step 40,000 the log of nothing is taken."""

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
VOCAB, WIDTH, LENGTH = 32, 32, 8


def block():
    return nn.TransformerEncoderLayer(WIDTH, 2, 64, dropout=0.0, batch_first=True, norm_first=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, WIDTH)
        self.blocks = nn.ModuleList(block() for _ in range(2))
        self.head = nn.Linear(WIDTH, VOCAB)

    def forward(self, tokens):
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


net = Net()
optimizer = torch.optim.AdamW(net.parameters(), 3e-4)
for step in range(60_000):
    tokens = torch.randint(0, VOCAB, (4, LENGTH))
    targets = (tokens * 5 + 3) % VOCAB
    probabilities = F.softmax(net(tokens), -1)
    if step == 40_000:
        probabilities = (
            probabilities - probabilities.detach()
        )  # as a mask does that leaves no class
    loss = -torch.log(probabilities.gather(-1, targets[..., None])).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if loss != loss and step > 40_300:
        break
