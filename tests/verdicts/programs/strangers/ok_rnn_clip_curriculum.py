# healthy
# copy task with a curriculum: at each longer length the loss jumps up and falls again; clip_grad_norm_ is there for spikes
import torch
import torch.nn as nn

torch.manual_seed(0)
V = 8


class CopyNet(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.emb = nn.Embedding(V + 1, 16)
        self.gru = nn.GRU(16, h, batch_first=True)
        self.out = nn.Linear(h, V)

    def forward(self, x):
        return self.out(self.gru(self.emb(x))[0])


def batch(length, n=48):
    s = torch.randint(0, V, (n, length))
    blank = torch.full((n, length), V)
    return torch.cat([s, blank], 1), s


model = CopyNet()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
crit = nn.CrossEntropyLoss()
step = 0
for length, steps in [(1, 80), (2, 250), (3, 450), (4, 700)]:
    for k in range(steps):
        x, s = batch(length)
        logits = model(x)[:, length:]
        loss = crit(logits.reshape(-1, V), s.reshape(-1))
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        step += 1
        if k % 100 == 0:
            print(f"step {step} length {length} loss {loss.item():.4f}")
with torch.no_grad():
    x, s = batch(4, 500)
    acc = (model(x)[:, 4:].argmax(-1) == s).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
