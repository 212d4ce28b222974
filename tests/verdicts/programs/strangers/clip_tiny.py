# clipping_dominates
# clip_grad_norm_ with max_norm=0.001 (copied from another repository): every SGD step has length 0.001, the model hardly moves
# mended by: max_norm=5
# cause words: clip, max_norm, threshold, 0.001
# thread: "character LSTM is learning extremely slowly"
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
words = ["the ", "cat ", "sat ", "on ", "a ", "mat ", "and ", "dog ", "ran ", "home "]
text = "".join(words[i] for i in torch.randint(0, 10, (4000,)).tolist())
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])
V = len(chars)


class CharLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 24)
        self.lstm = nn.LSTM(24, 64, batch_first=True)
        self.out = nn.Linear(64, V)

    def forward(self, x, h=None):
        y, h = self.lstm(self.emb(x), h)
        return self.out(y), h


def get_batch(B=32, T=25):
    s = torch.randint(0, len(data) - T - 1, (B,))
    idx = s[:, None] + torch.arange(T + 1)
    return data[idx[:, :-1]], data[idx[:, 1:]]


model = CharLSTM()
opt = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.0)
max_norm = 5.0 if FIX else 0.001
for it in range(500):
    x, y = get_batch()
    logits, _ = model(x)
    loss = F.cross_entropy(logits.reshape(-1, V), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    opt.step()
    if it % 50 == 0:
        print(f"iter {it} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = get_batch(256)
    acc = (model(x)[0].argmax(-1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
