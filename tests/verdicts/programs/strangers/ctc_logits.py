# miswired
# nn.CTCLoss gets raw logits instead of log-probabilities: its value and its gradient (which assume log_softmax) mean nothing, the loss starts negative and the decoding is never right
# mended by: log_softmax(dim=-1) before the loss
# cause words: log_softmax, log-prob, logits, softmax, normalis
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(19)
N_CHARS, FRAMES = 5, 24
CODES = torch.randn(N_CHARS + 1, 12)


def utterance():
    length = torch.randint(2, 5, (1,)).item()
    label = torch.randint(1, N_CHARS + 1, (length,))
    frames = torch.zeros(FRAMES, 12)
    width = FRAMES // length
    for i, c in enumerate(label.tolist()):
        frames[i * width:(i + 1) * width - 2] = CODES[c]
    return frames + 0.3 * torch.randn(FRAMES, 12), label


def collate(n):
    items = [utterance() for _ in range(n)]
    lengths = torch.tensor([len(l) for _, l in items])
    return torch.stack([f for f, _ in items]), torch.cat([l for _, l in items]), lengths


class Acoustic(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(12, 32, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(64, N_CHARS + 1)

    def forward(self, x):
        y = self.fc(self.gru(x)[0]).transpose(0, 1)  # T, N, C
        return y.log_softmax(-1) if FIX else y


def greedy(lp):
    out = []
    for seq in lp.argmax(-1).t().tolist():
        out.append([c for i, c in enumerate(seq) if c != 0 and (i == 0 or seq[i - 1] != c)])
    return out


model = Acoustic()
ctc = nn.CTCLoss(blank=0)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(500):
    x, targets, lens = collate(16)
    out = model(x)
    loss = ctc(out, targets, torch.full((16,), FRAMES), lens)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(step, "ctc", round(loss.item(), 4))
model.eval()
x, targets, lens = collate(200)
with torch.no_grad():
    hyp = greedy(model(x))
right = sum(h == t.tolist() for h, t in zip(hyp, targets.split(lens.tolist())))
print(f"FINAL loss={loss.item():.4f} metric={right / 200:.4f} (whole utterances right)")
