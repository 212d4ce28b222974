# nonfinite
# CTC: some transcripts are longer than the time-subsampled encoder output, so the loss (no zero_infinity) is infinite for them
# mended by: dropping utterances whose target needs more frames than the encoder gives, and zero_infinity=True
# cause words: ctc infinite length longer transcript zero_infinity
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, FEAT, T = 11, 20, 48
proto = torch.randn(V, FEAT)


def utterance(g):
    n = int(torch.randint(3, 9, (1,), generator=g))
    if torch.rand(1, generator=g) < 0.02:
        n = 14                                     # a fast speaker
    toks = torch.randint(1, V, (n,), generator=g)
    x = torch.zeros(T, FEAT)
    d = T // n
    for i, t in enumerate(toks):
        x[i * d:i * d + max(d - 1, 1)] = proto[t]
    return x + 0.3 * torch.randn(T, FEAT, generator=g), toks


class Acoustic(nn.Module):
    def __init__(self):
        super().__init__()
        self.sub = nn.Sequential(nn.Conv1d(FEAT, 48, 3, 2, 1), nn.ReLU(), nn.Conv1d(48, 48, 3, 2, 1), nn.ReLU())
        self.rnn = nn.GRU(48, 48, batch_first=True, bidirectional=True)
        self.out = nn.Linear(96, V)

    def forward(self, x):
        h, _ = self.rnn(self.sub(x.transpose(1, 2)).transpose(1, 2))
        return self.out(h).log_softmax(-1)


def needed(t):
    return len(t) + int((t[1:] == t[:-1]).sum())


g = torch.Generator().manual_seed(1)
data = [utterance(g) for _ in range(1600)]
if FIX:
    data = [(x, t) for x, t in data if needed(t) <= T // 4]
model = Acoustic()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
ctc = nn.CTCLoss(zero_infinity=FIX)
step = 0
for epoch in range(6):
    perm = torch.randperm(len(data)).tolist()
    for i in range(0, len(perm) - 16, 16):
        b = [data[j] for j in perm[i:i + 16]]
        lp = model(torch.stack([x for x, _ in b])).transpose(0, 1)
        tl = torch.tensor([len(t) for _, t in b])
        loss = ctc(lp, torch.cat([t for _, t in b]), torch.full((len(b),), lp.size(0)), tl)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        if step % 100 == 0:
            print(step, loss.item())
        step += 1
ok = n = 0
with torch.no_grad():
    for _ in range(200):
        x, t = utterance(g)
        if needed(t) > T // 4:
            continue
        p = model(x[None])[0].argmax(-1)
        p = torch.unique_consecutive(p)
        p = p[p != 0]
        ok += int(len(p) == len(t) and bool((p == t).all()))
        n += 1
print(f"FINAL loss={loss.item():.4f} metric={ok / n:.3f}")
