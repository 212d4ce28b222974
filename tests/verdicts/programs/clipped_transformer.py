# clipping_dominates
"""A clip so tight that the rate had to be turned up until something moved."""

import torch
from torch import nn


class TinyGPT(nn.Module):
    def __init__(self, vocab=16, d=32):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, d), nn.Embedding(24, d)
        layer = nn.TransformerEncoderLayer(d, 4, 64, 0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d, vocab)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.head(self.enc(self.tok(x) + self.pos(torch.arange(x.shape[1])), mask=mask))


torch.manual_seed(17)
model = TinyGPT()
opt = torch.optim.SGD(model.parameters(), lr=10.0, momentum=0.5)
for step in range(120):
    start = torch.randint(16, (16, 1))
    seq = (start + 3 * torch.arange(13)) % 16
    odd = torch.rand(16, 13) < 0.4
    seq = torch.where(odd, torch.randint(16, (16, 13)), seq)
    logits = model(seq[:, :-1])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), seq[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.01)
    opt.step()
    if step % 20 == 0:
        print(step, loss.item())
