# healthy
# the word language model example: SGD with lr 20 and clip 0.25 (clips in the first epochs), a huge lr, annealed to nothing when flat; perplexity reaches the entropy of the source (metric 1 = optimum)
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V = 40
nxt = torch.stack([torch.randperm(V)[:2] for _ in range(V)])
toks = [0]
for u in torch.rand(12000):
    toks.append(int(nxt[toks[-1], int(u > 0.8)]))
data = torch.tensor(toks)
B, T = 20, 20
n = len(data) // B
data = data[:n * B].view(B, n)


class RNNModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.1)
        self.encoder = nn.Embedding(V, 48)
        self.rnn = nn.LSTM(48, 48, batch_first=True)
        self.decoder = nn.Linear(48, V)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)

    def forward(self, x, h):
        o, h = self.rnn(self.drop(self.encoder(x)), h)
        return self.decoder(self.drop(o)), h


model, lr, best = RNNModel(), 20.0, None
for epoch in range(18):
    model.train()
    h, tot, k = None, 0.0, 0
    for i in range(0, n - T - 1, T):
        if h is not None:
            h = tuple(s.detach() for s in h)
        out, h = model(data[:, i:i + T], h)
        loss = F.cross_entropy(out.reshape(-1, V), data[:, i + 1:i + T + 1].reshape(-1))
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
        tot, k = tot + loss.item(), k + 1
    if best is not None and tot / k > best - 0.005:
        lr /= 4
    best = min(best or 9, tot / k)
    print(f"epoch {epoch} lr {lr} loss {tot / k:.4f}")
print(f"FINAL loss={tot / k:.4f} metric={tot / k / 0.5004:.3f}")
