# miswired not_learning
# CTCLoss wants log-probabilities but is given softmax probabilities; the loss goes negative and is minimised by something that is no likelihood
# mended by: log_softmax
# cause words: log_softmax softmax log probabilities CTC negative
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
A, W, L = 8, 40, 6
glyph = torch.randn(A, 6, 4)

def lines(n):
    lab = torch.randint(1, A + 1, (n, L))
    img = 0.3 * torch.randn(n, 6, W)
    for j in range(L):
        off = 1 + j * 6 + torch.randint(0, 3, (n,))
        for i in range(n):
            img[i, :, off[i]:off[i] + 4] += glyph[lab[i, j] - 1]
    return img, lab

class CRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv1d(6, 48, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2))
        self.rnn = nn.GRU(48, 32, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(64, A + 1)
    def forward(self, x):
        h, _ = self.rnn(self.cnn(x).transpose(1, 2))
        o = self.fc(h)
        return o.log_softmax(-1) if FIX else o.softmax(-1)

def greedy(p):
    out = []
    for row in p.argmax(-1).tolist():
        s, prev = [], 0
        for c in row:
            if c != prev and c != 0: s.append(c)
            prev = c
        out.append(s)
    return out

X, Y = lines(600); Xv, Yv = lines(100)
net, ctc = CRNN(), nn.CTCLoss(blank=0, zero_infinity=True)
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
for ep in range(22):
    for b in torch.randperm(600).split(30):
        lp = net(X[b]).transpose(0, 1)
        loss = ctc(lp, Y[b], torch.full((len(b),), lp.size(0)), torch.full((len(b),), L))
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5)
        opt.step()
    if ep % 3 == 0: print(f"ep {ep} ctc {loss.item():.4f}")
with torch.no_grad():
    hyp = greedy(net(Xv))
acc = sum(h == t for h, t in zip(hyp, Yv.tolist())) / 100
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
