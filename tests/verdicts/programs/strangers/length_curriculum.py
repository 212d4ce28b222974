# healthy
# GRU seq2seq with teacher forcing and a length curriculum; loss jumps at each stage (60/160/300/460) because the strings get longer.
"""Seq2seq (GRU encoder/decoder, teacher forcing): reverse a string of symbols, length curriculum 1..5."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(1)
V, BOS, H = 8, 8, 96

def batch(n, L):
    s = torch.randint(0, V, (n, L))
    return s, s.flip(1)

class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V + 1, 48)
        self.enc = nn.GRU(48, H, batch_first=True)
        self.dec = nn.GRU(48, H, batch_first=True)
        self.out = nn.Linear(H, V)
    def forward(self, src, tgt_in):
        _, h = self.enc(self.emb(src))
        o, _ = self.dec(self.emb(tgt_in), h)
        return self.out(o)
    @torch.no_grad()
    def greedy(self, src):
        _, h = self.enc(self.emb(src))
        tok = torch.full((len(src), 1), BOS)
        res = []
        for _ in range(src.shape[1]):
            o, h = self.dec(self.emb(tok), h)
            tok = self.out(o).argmax(-1)
            res.append(tok)
        return torch.cat(res, 1)

m = Seq2Seq()
opt = torch.optim.Adam(m.parameters(), lr=4e-3)
STEPS = 700
stages = [(60, 1), (160, 2), (300, 3), (460, 4), (STEPS, 5)]
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: 1.0 if s < 500 else max(0.1, 1 - (s - 500) / 200))
hist = []
for step in range(STEPS):
    L = next(l for end, l in stages if step < end)
    src, tgt = batch(96, L)
    tin = torch.cat([torch.full((len(tgt), 1), BOS), tgt[:, :-1]], 1)
    loss = F.cross_entropy(m(src, tin).flatten(0, 1), tgt.flatten())
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(m.parameters(), 5.0)
    opt.step(); sched.step()
    hist.append(loss.item())
    if step % 50 == 0: print(step, L, f"{loss.item():.4f}")
m.eval()
src, tgt = batch(1000, 5)
acc = (m.greedy(src) == tgt).float().mean().item()
print(f"FINAL loss={sum(hist[-70:])/70:.5f} metric={acc:.4f}")
