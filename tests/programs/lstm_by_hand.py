"""A recurrent language model whose weights are updated by hand, without any optimizer."""

import torch
import truth
from torch import nn

torch.manual_seed(2)
WORDS, BATCH, LENGTH = 30, 4, 12


class Language(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Embedding(WORDS, 16)
        self.rnn = nn.LSTM(16, 24, num_layers=2)
        self.decoder = nn.Linear(24, WORDS)

    def forward(self, x, state):
        out, state = self.rnn(self.encoder(x), state)
        return self.decoder(out), state


model = Language()
text = torch.randint(WORDS, (LENGTH * 25 + 1, BATCH)).cumsum(0) % WORDS
state = (torch.zeros(2, BATCH, 24), torch.zeros(2, BATCH, 24))
for i in range(0, len(text) - 1, LENGTH):
    x, y = text[i : i + LENGTH], text[i + 1 : i + LENGTH + 1]
    state = tuple(s.detach() for s in state)
    model.zero_grad()
    out, state = model(x, state)
    loss = nn.functional.cross_entropy(out.flatten(0, 1), y.flatten())
    loss.backward()
    truth.step(loss, dict(model.named_parameters()))
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    for p in model.parameters():
        p.data.add_(p.grad, alpha=-5.0)
truth.end(model)
