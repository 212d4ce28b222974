# exploding_gradient oscillating_loss
"""A character model with a learning rate that belongs to another world."""

import torch
from torch import nn

TEXT = "the quick brown fox jumps over the lazy dog. " * 40
CHARS = sorted(set(TEXT))
IDS = torch.tensor([CHARS.index(c) for c in TEXT])


class CharRNN(nn.Module):
    def __init__(self, n, h=64):
        super().__init__()
        self.embed = nn.Embedding(n, 24)
        self.lstm = nn.LSTM(24, h, batch_first=True)
        self.decoder = nn.Linear(h, n)

    def forward(self, x):
        return self.decoder(self.lstm(self.embed(x))[0])


torch.manual_seed(14)
model = CharRNN(len(CHARS))
opt = torch.optim.SGD(model.parameters(), lr=300.0)
for step in range(160):
    at = torch.randint(len(IDS) - 33, (16,))
    chunk = torch.stack([IDS[i : i + 33] for i in at])
    logits = model(chunk[:, :-1])
    loss = nn.functional.cross_entropy(logits.reshape(-1, len(CHARS)), chunk[:, 1:].reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
