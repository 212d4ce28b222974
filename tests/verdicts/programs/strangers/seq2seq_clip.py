# clipping_dominates not_learning
# gradients are clipped to a norm of 0.001 (tutorial says 1): with SGD every step is cut to nearly nothing
# mended by: clip 1.0
# cause words: clip, max_norm, threshold, too small, clipped, norm
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25)
PAD, SOS, VOCAB, LEN = 0, 1, 14, 5
CLIP = 1.0 if FIX else 0.001


class Encoder(nn.Module):
    def __init__(self, emb=24, hid=64):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb)
        self.rnn = nn.GRU(emb, hid, batch_first=True)

    def forward(self, src):
        return self.rnn(self.embedding(src))


class Decoder(nn.Module):
    def __init__(self, emb=24, hid=64):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb)
        self.rnn = nn.GRU(emb + hid, hid, batch_first=True)
        self.att = nn.Linear(hid, hid)
        self.out = nn.Linear(2 * hid, VOCAB)

    def forward(self, tok, hidden, enc):
        score = self.att(hidden[0])[:, None] @ enc.transpose(1, 2)
        ctx = score.softmax(-1) @ enc
        o, hidden = self.rnn(torch.cat([self.embedding(tok)[:, None], ctx], 2), hidden)
        return self.out(torch.cat([o, ctx], 2))[:, 0], hidden


def batch(n):
    src = torch.randint(2, VOCAB, (n, LEN))
    return src, (src.flip(1) - 2 + 3) % (VOCAB - 2) + 2


encoder, decoder = Encoder(), Decoder()
params = list(encoder.parameters()) + list(decoder.parameters())
optimizer = torch.optim.SGD(params, lr=0.15, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for it in range(600):
    src, trg = batch(64)
    enc, hidden = encoder(src)
    tok, loss = torch.full((64,), SOS), 0
    for t in range(LEN):
        logits, hidden = decoder(tok, hidden, enc)
        loss = loss + criterion(logits, trg[:, t])
        tok = trg[:, t]
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(params, CLIP)
    optimizer.step()
    if it % 70 == 0:
        print(f"it {it} loss {loss.item() / LEN:.4f}")
with torch.no_grad():
    src, trg = batch(500)
    enc, hidden = encoder(src)
    tok, hits = torch.full((500,), SOS), 0
    for t in range(LEN):
        logits, hidden = decoder(tok, hidden, enc)
        tok = logits.argmax(1)
        hits += (tok == trg[:, t]).sum().item()
print(f"FINAL loss={loss.item() / LEN:.4f} metric={hits / 500 / LEN:.4f}")
