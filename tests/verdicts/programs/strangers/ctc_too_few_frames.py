# not_learning plateau output_cannot_change vanishing_gradient
# the encoder subsamples so strongly that there are fewer frames than labels: every CTC alignment is impossible, zero_infinity turns the infinite losses into zeros, loss 0.0 from the beginning
# mended by: less subsampling, more frames than labels
# cause words: stride subsampl frames length zero_infinity short CTC
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
NSYM, MEL, LAB = 8, 16, 6
protos = torch.randn(NSYM, MEL)


def batch(n=16):
    lab = torch.randint(1, NSYM + 1, (n, LAB))
    frames = protos[lab - 1].repeat_interleave(8, dim=1)
    return (frames + 0.4 * torch.randn_like(frames)).transpose(1, 2), lab


class ASR(nn.Module):
    def __init__(self, strides):
        super().__init__()
        c, layers = MEL, []
        for s in strides:
            layers += [nn.Conv1d(c, 48, 5, stride=s, padding=2), nn.ReLU()]
            c = 48
        self.conv = nn.Sequential(*layers)
        self.rnn = nn.GRU(48, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, NSYM + 1)

    def forward(self, x):
        h, _ = self.rnn(self.conv(x).transpose(1, 2))
        return F.log_softmax(self.out(h), -1)


net = ASR((2, 2, 1) if FIX else (4, 2, 2))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
ctc = nn.CTCLoss(blank=0, zero_infinity=True)


def greedy(lp):
    res = []
    for row in lp.argmax(-1).tolist():
        seq, prev = [], 0
        for t in row:
            if t != prev and t != 0:
                seq.append(t)
            prev = t
        res.append(seq)
    return res


for step in range(500):
    x, lab = batch()
    lp = net(x)
    T = torch.full((len(x),), lp.size(1))
    loss = ctc(lp.transpose(0, 1), lab, T, torch.full((len(x),), LAB))
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
x, lab = batch(200)
with torch.no_grad():
    hyp = greedy(net(x))
ok = sum(sum(a == b for a, b in zip(h, l)) for h, l in zip(hyp, lab.tolist())) / (200 * LAB)
print(f"FINAL loss={loss.item():.4f} metric={ok:.3f}")
