# healthy
# gradients are accumulated over 4 micro batches before step and zero_grad: it looks like a missing zero_grad
import torch
import torch.nn as nn
torch.manual_seed(0); torch.set_num_threads(1)
ACCUM = 4


class Tagger(nn.Module):
    def __init__(self, v=50, tags=6):
        super().__init__()
        self.emb = nn.Embedding(v, 24)
        self.rnn = nn.LSTM(24, 32, batch_first=True, bidirectional=True)
        self.out = nn.Linear(64, tags)

    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0])


rule = torch.randint(0, 6, (50, 3))
def batch(n=16):
    x = torch.randint(0, 50, (n, 12))
    prev = torch.cat([torch.zeros(n, 1).long(), x[:, :-1]], 1)
    return x, rule[x, prev % 3]


model = Tagger()
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.1, total_iters=300)
ce = nn.CrossEntropyLoss()
hist, accs = [], []
opt.zero_grad()
for i in range(1200):
    x, y = batch()
    logits = model(x)
    loss = ce(logits.flatten(0, 1), y.flatten())
    (loss / ACCUM).backward()
    if (i + 1) % ACCUM == 0:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        opt.zero_grad()
    hist.append(loss.item()); accs.append((logits.argmax(-1) == y).float().mean().item())
    if i % 200 == 0:
        print(f"micro step {i} loss {loss.item():.4f} acc {accs[-1]:.3f}")
print(f"FINAL loss={sum(hist[-40:]) / 40:.4f} metric={sum(accs[-40:]) / 40:.4f}")
