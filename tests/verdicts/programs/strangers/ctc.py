# nonfinite
# CTC: the encoder halves the time axis twice and for a few long transcripts fewer frames remain than labels need; the loss is infinite for that batch (zero_infinity is off)
# mended by: zero_infinity=True (such samples do not count)
# cause words: ctc length frames longer infinity transcript zero_infinity
import os, torch, torch.nn as nn
from dataclasses import dataclass, field
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5); torch.set_num_threads(1)

@dataclass
class SpeechConfig:
    vocab: int = 6
    mel: int = 10
    hid: int = 48
    steps: int = 450
    batch: int = 16
    betas: tuple = field(default=(0.9, 0.98))

cfg = SpeechConfig()
voices = torch.randn(cfg.vocab + 1, cfg.mel) * 1.5

def utter(fast):
    n = int(torch.randint(3, 7, ()))
    lab = torch.randint(1, cfg.vocab + 1, (n,))
    frames = []
    for c in lab:
        dur = int(torch.randint(2, 4, ())) if fast else int(torch.randint(10, 14, ()))
        frames.append(voices[c].repeat(dur, 1))
    x = torch.cat(frames)
    return x + 0.4 * torch.randn_like(x), lab

def batch(p_fast=0.0008):
    xs, ys = zip(*[utter(torch.rand(()) < p_fast) for _ in range(cfg.batch)])
    xl = torch.tensor([len(x) for x in xs]); yl = torch.tensor([len(y) for y in ys])
    return nn.utils.rnn.pad_sequence(xs, batch_first=True), xl, torch.cat(ys), yl

class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(cfg.mel, cfg.hid, 3, 2, 1)
        self.c2 = nn.Conv1d(cfg.hid, cfg.hid, 3, 2, 1)
        self.rnn = nn.GRU(cfg.hid, cfg.hid // 2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(cfg.hid, cfg.vocab + 1)
    def forward(self, x, xl):
        h = torch.relu(self.c2(torch.relu(self.c1(x.transpose(1, 2))))).transpose(1, 2)
        xl = (((xl + 1) // 2) + 1) // 2
        return self.out(self.rnn(h)[0]).log_softmax(-1), xl

model = Encoder()
ctc = nn.CTCLoss(blank=0, zero_infinity=FIX)
opt = torch.optim.Adam(model.parameters(), lr=3e-3, betas=cfg.betas)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 5e-3, total_steps=cfg.steps)
for step in range(cfg.steps):
    x, xl, y, yl = batch()
    lp, hl = model(x, xl)
    loss = ctc(lp.transpose(0, 1), y, hl, yl)
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    opt.step(); sched.step()
    if step % 50 == 0:
        print(f"step {step} ctc {loss.item():.4f}")

def greedy(lp, n):
    p = lp[:n].argmax(-1).tolist()
    return [c for i, c in enumerate(p) if c and (i == 0 or p[i - 1] != c)]

@torch.no_grad()
def errors(n=6):
    bad = tot = 0
    for _ in range(n):
        x, xl, y, yl = batch(0.0)
        lp, hl = model(x, xl)
        for l, k, t in zip(lp, hl, y.split(yl.tolist())):
            g = greedy(l, k); t = t.tolist()
            row = list(range(len(t) + 1))
            for i, a in enumerate(g):
                new = [i + 1]
                for j, b in enumerate(t):
                    new.append(min(row[j] + (a != b), row[j + 1] + 1, new[-1] + 1))
                row = new
            bad += row[-1]; tot += len(t)
    return bad / tot

print(f"FINAL loss={loss.item():.4f} metric={errors():.4f}")
