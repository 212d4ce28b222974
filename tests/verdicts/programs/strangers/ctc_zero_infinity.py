# miswired vanishing_gradient
# speech: the encoder subsamples by 8, so fewer frames than letters are left; CTCLoss(zero_infinity=True) turns the infinite losses into zeros without gradient
# mended by: subsampling by 2
# cause words: CTC zero_infinity frames length subsampl infinite input_lengths
import os
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V = 9      # 0 is blank


class Encoder(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.stride = 2 if FIX else 8
        self.conv = nn.Conv1d(12, d, 9, stride=self.stride, padding=4)
        self.rnn = nn.GRU(d, d, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * d, V)

    def forward(self, x, lens):
        h = torch.relu(self.conv(x.transpose(1, 2))).transpose(1, 2)
        h, _ = self.rnn(h)
        return self.out(h).log_softmax(-1), torch.div(lens - 1, self.stride, rounding_mode="floor") + 1


voice = torch.randn(V, 12)


def speech(n=24):
    xs, ts, ls = [], [], []
    for _ in range(n):
        k = int(torch.randint(6, 9, (1,)))
        t = torch.randint(1, V, (k,))
        dur = torch.randint(3, 6, (k,))
        x = torch.repeat_interleave(voice[t], dur, 0)
        xs.append(x + 0.4 * torch.randn_like(x)); ts.append(t); ls.append(len(x))
    return nn.utils.rnn.pad_sequence(xs, batch_first=True), torch.tensor(ls), torch.cat(ts), torch.tensor([len(t) for t in ts])


enc = Encoder()
ctc = nn.CTCLoss(blank=0, zero_infinity=True)
opt = torch.optim.AdamW(enc.parameters(), lr=3e-3)
for step in range(300):
    x, xl, t, tl = speech()
    lp, ol = enc(x, xl)
    loss = ctc(lp.transpose(0, 1), t, ol, tl)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(enc.parameters(), 5.0)
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
x, xl, t, tl = speech(100)
with torch.no_grad():
    lp, ol = enc(x, xl)
ok = 0
for i, ref in enumerate(t.split(tl.tolist())):
    best = torch.unique_consecutive(lp[i, :ol[i]].argmax(-1))
    ok += float(best[best > 0].tolist() == ref.tolist())
print(f"FINAL loss={loss.item():.4f} metric={ok / 100:.3f}")
