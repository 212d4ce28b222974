# healthy
# word-language-model recipe: plain SGD with lr 20 and clipping at 0.25, most early steps are clipped, lr cut by 4 on a validation plateau; it learns well
import torch
import torch.nn as nn
torch.manual_seed(0)
V, B, L = 30, 20, 20
T1 = torch.stack([torch.randperm(V) for _ in range(3)])


def stream(n):
    s = [0, 1]
    r = torch.randint(0, 10, (n,)).tolist()
    for k in range(n - 2):
        s.append(int(T1[s[-2] % 3, s[-1]]) if r[k] else (k * 7) % V)
    return torch.tensor(s)


def batchify(s):
    n = len(s) // B
    return s[:n * B].view(B, n).t().contiguous()


train, val = batchify(stream(16000)), batchify(stream(3000))


class RNNModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Embedding(V, 32)
        self.rnn = nn.LSTM(32, 64)
        self.dec = nn.Linear(64, V)
        nn.init.uniform_(self.enc.weight, -0.1, 0.1)
        nn.init.uniform_(self.dec.weight, -0.1, 0.1)

    def forward(self, x, h):
        o, h = self.rnn(self.enc(x), h)
        return self.dec(o), h


net, crit, lr, best = RNNModel(), nn.CrossEntropyLoss(), 20.0, None


def evaluate():
    net.eval()
    with torch.no_grad():
        o, _ = net(val[:-1], None)
        return crit(o.flatten(0, 1), val[1:].flatten()).item(), (o.argmax(-1) == val[1:]).float().mean().item()


for epoch in range(12):
    net.train()
    h = None
    for i in range(0, len(train) - 1 - L, L):
        if h is not None:
            h = tuple(t.detach() for t in h)
        net.zero_grad()
        o, h = net(train[i:i + L], h)
        loss = crit(o.flatten(0, 1), train[i + 1:i + 1 + L].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.25)
        for p in net.parameters():
            p.data.add_(p.grad, alpha=-lr)
    v, acc = evaluate()
    print(epoch, loss.item(), v, lr)
    if best is None or v < best:
        best = v
    else:
        lr /= 4
print(f"FINAL loss={v:.4f} metric={acc:.3f}")
