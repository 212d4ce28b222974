# healthy
# word-language-model recipe: plain SGD with learning rate 20 and clipping at 0.25 at every step, lr divided by 4 when validation stalls; it learns well
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V = 30
nxt = torch.stack([torch.randperm(V)[:3] for _ in range(V)])


def text(n):
    out = [0]
    u = torch.rand(n)
    for i in range(n):
        out.append(int(nxt[out[-1], 0 if u[i] < 0.8 else (1 if u[i] < 0.9 else 2)]))
    return torch.tensor(out)


def batchify(x, b):
    n = len(x) // b
    return x[:n * b].view(b, n).t().contiguous()


train, val = batchify(text(20000), 20), batchify(text(2000), 10)


class LM(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb, self.drop = nn.Embedding(V, d), nn.Dropout(0.1)
        self.rnn, self.out = nn.LSTM(d, d), nn.Linear(d, V)
        nn.init.uniform_(self.emb.weight, -0.1, 0.1)

    def forward(self, x, h):
        y, h = self.rnn(self.drop(self.emb(x)), h)
        return self.out(self.drop(y)), h


model, lr, best = LM(), 20.0, None


def run(data, train_it):
    h, tot, cnt = None, 0.0, 0
    model.train(train_it)
    for i in range(0, len(data) - 1, 20):
        x, y = data[i:i + 20][: len(data) - 1 - i], data[i + 1:i + 21]
        out, h = model(x, h)
        h = tuple(s.detach() for s in h)
        loss = F.cross_entropy(out.reshape(-1, V), y.reshape(-1))
        if train_it:
            model.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            opt.step()
        tot, cnt = tot + loss.item() * len(x), cnt + len(x)
    return tot / cnt


opt = torch.optim.SGD(model.parameters(), lr=lr)
for epoch in range(10):
    tr = run(train, True)
    with torch.no_grad():
        v = run(val, False)
    if best is not None and v > best - 0.005:
        for g in opt.param_groups:
            g["lr"] /= 4
    best = v if best is None else min(best, v)
    print(f"epoch {epoch} train {tr:.4f} val {v:.4f} lr {opt.param_groups[0]['lr']}")
print(f"FINAL loss={v:.4f} metric={torch.tensor(v).exp().item():.3f} (uniform 30, optimum about 1.9)")
