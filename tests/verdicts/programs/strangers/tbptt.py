# healthy
# truncated backpropagation: the hidden state is detached between chunks on purpose, the perplexity is bounded by the randomness of the text
import torch
import torch.nn as nn
torch.manual_seed(0); torch.set_num_threads(1)
V, BPTT, BS = 24, 16, 16
T2 = torch.softmax(2.5 * torch.randn(V, V), 1)
stream = [torch.randint(0, V, (BS,))]
for _ in range(6000):
    stream.append(torch.multinomial(T2[stream[-1]], 1).squeeze(1))
data = torch.stack(stream)          # (time, batch)


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(V, 32)
        self.rnn = nn.LSTM(32, 48)
        self.decoder = nn.Linear(48, V)

    def forward(self, x, hidden):
        o, hidden = self.rnn(self.encoder(x), hidden)
        return self.decoder(o), hidden


def repackage_hidden(h):
    return None if h is None else tuple(v.detach() for v in h)


lm = LM()
opt = torch.optim.Adam(lm.parameters(), 3e-3)
for epoch in range(2):
    hidden, tot, n, hit = None, 0.0, 0, 0
    for i in range(0, len(data) - 1 - BPTT, BPTT):
        x, y = data[i:i + BPTT], data[i + 1:i + 1 + BPTT]
        hidden = repackage_hidden(hidden)
        out, hidden = lm(x, hidden)
        loss = nn.functional.cross_entropy(out.flatten(0, 1), y.flatten())
        opt.zero_grad(); loss.backward()
        nn.utils.clip_grad_norm_(lm.parameters(), 0.5)
        opt.step()
        tot += loss.item(); n += 1
        hit += (out.argmax(-1) == y).float().mean().item()
        if n % 100 == 0:
            print(f"epoch {epoch} chunk {n} loss {tot / n:.4f}")
best = -(T2 * T2.log()).sum(1).mean().item()
print(f"entropy of the source about {best:.4f}, best accuracy {T2.max(1).values.mean().item():.3f}")
print(f"FINAL loss={tot / n:.4f} metric={hit / n:.4f}")
