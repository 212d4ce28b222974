# healthy
# the language model's loss only falls from 3.0 to about 2.5 and stays: the text is a noisy Markov chain, that is its entropy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(51)
V, T = 20, 20
P = (1.0 * torch.randn(V, V)).softmax(1)
H = -(P * P.log()).sum(1)


def text(n):
    ids = torch.zeros(n, T + 1, dtype=torch.long)
    ids[:, 0] = torch.randint(0, V, (n,))
    for t in range(T):
        ids[:, t + 1] = torch.multinomial(P[ids[:, t]], 1).squeeze(1)
    return ids


class LSTMLM(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(V, d)
        self.lstm = nn.LSTM(d, d, batch_first=True)
        self.out = nn.Linear(d, V)

    def forward(self, ids):
        return self.out(self.lstm(self.emb(ids))[0])


model = LSTMLM()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=3)
for step in range(1, 1001):
    ids = text(48)
    loss = F.cross_entropy(model(ids[:, :-1]).reshape(-1, V), ids[:, 1:].reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        with torch.no_grad():
            v = text(100)
            val = F.cross_entropy(model(v[:, :-1]).reshape(-1, V), v[:, 1:].reshape(-1)).item()
        sched.step(val)
        if step % 200 == 0:
            print(f"step {step} loss {loss.item():.4f} val {val:.4f} entropy {H.mean():.4f}")
with torch.no_grad():
    v = text(500)
    nll = F.cross_entropy(model(v[:, :-1]).reshape(-1, V), v[:, 1:].reshape(-1)).item()
    floor = H[v[:, :-1]].mean().item()
print(f"FINAL loss={nll:.4f} metric={floor / nll:.3f}")
