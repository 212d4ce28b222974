# nonfinite
# forbidden tokens are masked with -inf in the logits and the loss uses label smoothing: a little of the target mass lies on the forbidden tokens and multiplies -inf
# mended by: the mask is only used for decoding; the training loss sees the raw logits
# cause words: smoothing inf mask logits forbidden
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T, PAD, BOS = 20, 8, 0, 1


def batch(n=32):
    src = torch.randint(2, V, (n, T))
    ln = torch.randint(4, T + 1, (n,))
    src[torch.arange(T)[None] >= ln[:, None]] = PAD
    tgt = torch.where(src == PAD, PAD, (src - 2 + 3) % (V - 2) + 2)
    return src, tgt


class Seq2Seq(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.enc = nn.GRU(d, d, batch_first=True, bidirectional=True)
        self.dec = nn.GRU(3 * d, d, batch_first=True)
        self.out = nn.Linear(d, V)
        ban = torch.zeros(V)
        ban[[PAD, BOS]] = float("-inf")
        self.register_buffer("ban", ban)

    def forward(self, src, tgt_in):
        h, _ = self.enc(self.emb(src))
        y, _ = self.dec(torch.cat([h, self.emb(tgt_in)], -1))
        lg = self.out(y)
        if not FIX or not self.training:
            lg = lg + self.ban
        return F.softmax(lg, -1)


def smoothed_ce(probs, tgt, eps=0.1):
    lp = torch.log(probs)
    nll = -lp.gather(-1, tgt[..., None])[..., 0]
    uniform = -lp.mean(-1)
    keep = tgt != PAD
    return ((1 - eps) * nll + eps * uniform)[keep].mean()


net = Seq2Seq()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(400):
    src, tgt = batch()
    tin = torch.cat([torch.full((len(tgt), 1), BOS), tgt[:, :-1]], 1)
    loss = smoothed_ce(net(src, tin), tgt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 80 == 0:
        print(step, loss.item())
net.eval()
src, tgt = batch(300)
tin = torch.cat([torch.full((len(tgt), 1), BOS), tgt[:, :-1]], 1)
keep = tgt != PAD
acc = (net(src, tin).argmax(-1) == tgt)[keep].float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
