# healthy
"""A small reader of sequences, trained by CTC."""

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_


class Reader(nn.Module):
    def __init__(self, symbols=6):
        super().__init__()
        self.conv = nn.Conv1d(symbols, 32, 3, padding=1)
        self.lstm = nn.LSTM(32, 48, bidirectional=True, batch_first=True)
        self.out = nn.Linear(96, symbols + 1)

    def forward(self, x):
        h = torch.relu(self.conv(x.transpose(1, 2))).transpose(1, 2)
        h, _ = self.lstm(h)
        return self.out(h).log_softmax(-1)


def make_batch(n=24, letters=5, symbols=6, times=3):
    y = torch.randint(symbols, (n, letters))
    x = torch.nn.functional.one_hot(y.repeat_interleave(times, 1), symbols).float()
    return x + 0.3 * torch.randn_like(x), y + 1


torch.manual_seed(0)
model = Reader()
ctc = nn.CTCLoss(blank=0, zero_infinity=True)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for it in range(220):
    x, y = make_batch()
    logp = model(x).transpose(0, 1)
    frames = torch.full((x.shape[0],), x.shape[1])
    loss = ctc(logp, y, frames, torch.full((x.shape[0],), y.shape[1]))
    optimizer.zero_grad()
    loss.backward()
    clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    if it % 40 == 0:
        print(it, float(loss))
