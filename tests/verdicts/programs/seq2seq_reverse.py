# healthy
"""Encoder, decoder, attention between them: sequences backwards."""

import random

import torch
import torch.nn.functional as F
from torch import nn

VOCAB, SOS, LENGTH = 12, 0, 6


class EncoderRNN(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, x):
        return self.gru(self.embedding(x))


class BahdanauAttention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.Wa = nn.Linear(hidden, hidden)
        self.Ua = nn.Linear(hidden, hidden)
        self.Va = nn.Linear(hidden, 1)

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        return torch.bmm(F.softmax(scores, -1), keys)


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, hidden)
        self.attention = BahdanauAttention(hidden)
        self.gru = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, VOCAB)

    def forward(self, enc, hidden, target, teacher):
        token = torch.full((len(enc), 1), SOS)
        outputs = []
        for i in range(LENGTH):
            context = self.attention(hidden.permute(1, 0, 2), enc)
            o, hidden = self.gru(torch.cat([self.embedding(token), context], 2), hidden)
            logits = self.out(o)
            outputs.append(logits)
            token = target[:, i : i + 1] if teacher else logits.argmax(-1)
        return torch.cat(outputs, 1)


random.seed(7)
torch.manual_seed(7)
encoder, decoder = EncoderRNN(48), AttnDecoderRNN(48)
enc_opt = torch.optim.Adam(encoder.parameters(), lr=5e-3)
dec_opt = torch.optim.Adam(decoder.parameters(), lr=5e-3)
criterion = nn.NLLLoss()
for it in range(160):
    src = torch.randint(1, VOCAB, (32, LENGTH))
    tgt = src.flip(1)
    enc_opt.zero_grad()
    dec_opt.zero_grad()
    enc, hidden = encoder(src)
    logits = decoder(enc, hidden, tgt, random.random() < 0.5)
    loss = criterion(F.log_softmax(logits, -1).view(-1, VOCAB), tgt.reshape(-1))
    loss.backward()
    enc_opt.step()
    dec_opt.step()
    if it % 20 == 0:
        print(it, loss.item())
