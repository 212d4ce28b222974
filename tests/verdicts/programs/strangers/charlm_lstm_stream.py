# not_learning plateau miswired output_cannot_change
# Embeddings of shape (batch, time) are turned into (time, batch) with view instead of transpose, so inputs of different samples and times are mixed and do not belong to their targets.
# mended by: Use transpose(0, 1) or batch_first=True.
import math
import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(11)
random.seed(11)

SUBJ = ["the old sailor", "a quiet teacher", "my neighbour", "the grey cat", "our captain", "that engineer"]
VERB = ["watches", "repairs", "forgets", "carries", "paints", "follows"]
OBJ = ["the broken clock", "a wooden boat", "every letter", "the garden gate", "two lanterns", "a long story"]
END = [" at night. ", " in the rain. ", " before dawn. ", ". "]

corpus = "".join(
    f"{random.choice(SUBJ)} {random.choice(VERB)} {random.choice(OBJ)}{random.choice(END)}" for _ in range(1500)
)
chars = sorted(set(corpus))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in corpus])

BATCH, SEQ, STEPS = 24, 32, 300


def sample_batch():
    starts = torch.randint(0, len(data) - SEQ - 1, (BATCH,))
    x = torch.stack([data[s : s + SEQ] for s in starts])
    y = torch.stack([data[s + 1 : s + SEQ + 1] for s in starts])
    return x, y


class CharLM(nn.Module):
    def __init__(self, vocab, emb=32, hidden=96):
        super().__init__()
        self.embed = nn.Embedding(vocab, emb)
        self.rnn = nn.LSTM(emb, hidden)
        self.proj = nn.Linear(hidden, vocab)

    def forward(self, tokens):
        b, t = tokens.shape
        e = self.embed(tokens)
        if os.environ.get("FIX") == "1":
            e = e.transpose(0, 1).contiguous()
        else:
            e = e.view(t, b, -1)
        out, _ = self.rnn(e)
        return self.proj(out)


net = CharLM(len(chars))
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
print("vocab", len(chars), "uniform loss", round(math.log(len(chars)), 3))

for step in range(1, STEPS + 1):
    x, y = sample_batch()
    logits = net(x)
    loss = F.cross_entropy(logits.reshape(-1, len(chars)), y.t().reshape(-1))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
    if step % 50 == 0 or step == 1:
        print(f"step {step:4d}  loss {loss.item():.3f}  ppl {math.exp(loss.item()):.2f}")
