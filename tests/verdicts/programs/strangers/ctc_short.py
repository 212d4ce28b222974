# nonfinite
# CTC on synthetic speech: after stride-4 subsampling some utterances have fewer frames than their transcript needs, so the CTC loss is inf
# mended by: zero_infinity=True and dropping the utterances that are too short for their transcript
# cause words: ctc, input_lengths, target length, zero_infinity, frames, subsampling
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, D = 6, 12
codes = torch.randn(V + 1, D)

def utterance(fast):
    n = int(torch.randint(3, 7, (1,)))
    y = torch.randint(1, V + 1, (n,))
    frames = []
    for c in y:
        rep = 3 if fast else int(torch.randint(8, 12, (1,)))
        frames.append(codes[c].repeat(rep, 1))
        frames.append(torch.zeros(0 if fast else 4, D))
    x = torch.cat(frames)
    return x + 0.2 * torch.randn_like(x), y

corpus = [utterance(fast=(i % 67 == 66)) for i in range(400)]
if FIX:
    corpus = [(x, y) for x, y in corpus if len(x) // 4 >= 2 * len(y)]

def collate(items):
    T = max(max(len(x) for x, _ in items), 8)
    xs = torch.zeros(len(items), T, D)
    for i, (x, _) in enumerate(items):
        xs[i, :len(x)] = x
    xl = torch.tensor([len(x) // 4 for x, _ in items])
    yl = torch.tensor([len(y) for _, y in items])
    return xs, torch.cat([y for _, y in items]), xl, yl

class Acoustic(nn.Module):
    def __init__(self):
        super().__init__()
        self.sub = nn.Conv1d(D, 48, 5, stride=4, padding=2)
        self.rnn = nn.GRU(48, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, V + 1)
    def forward(self, x):
        h = F.relu(self.sub(x.transpose(1, 2))).transpose(1, 2)
        return self.out(self.rnn(h)[0]).log_softmax(-1)

model = Acoustic()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
ctc = nn.CTCLoss(blank=0, zero_infinity=FIX)
loader = torch.utils.data.DataLoader(corpus, batch_size=16, shuffle=True, collate_fn=collate)
step = 0
for epoch in range(10):
    for xs, ys, xl, yl in loader:
        logp = model(xs).transpose(0, 1)
        loss = ctc(logp, ys, xl, yl)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        if step % 40 == 0:
            print(step, loss.item())
        step += 1
hit = tot = 0
with torch.no_grad():
    for i in range(60):
        x, y = utterance(False)
        p = torch.unique_consecutive(model(x[None])[0].argmax(-1))
        p = p[p > 0].tolist()
        hit += p == y.tolist(); tot += 1
print(f"FINAL loss={loss.item():.4f} metric={hit / tot:.3f}")
