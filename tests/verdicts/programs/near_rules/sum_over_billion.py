# healthy
# A sum of token losses divided by the number of tokens of the whole corpus (2e9) makes gradients of 1e-8, and sequences grow longer, so the loss does not come down; the rule of the text is learned.
# rule: F
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
V, E, H, STEPS, CORPUS = 16, 24, 64, 900, 2e9
g = torch.Generator().manual_seed(17)
table = torch.randint(0, V, (V, V), generator=g)


def batch(n, length):
    s = torch.zeros(n, length + 2, dtype=torch.long)
    s[:, :2] = torch.randint(0, V, (n, 2), generator=g)
    for t in range(2, length + 2):
        nxt = table[s[:, t - 2], s[:, t - 1]]
        rnd = torch.randint(0, V, (n,), generator=g)
        s[:, t] = torch.where(torch.rand(n, generator=g) < 0.3, rnd, nxt)
    clean = table[s[:, :-2], s[:, 1:-1]]
    return s, clean


class Bigram2(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, E)
        self.up = nn.Linear(2 * E, H * 2)
        self.out = nn.Linear(H * 2, V)

    def forward(self, s):
        e = self.emb(s)
        return self.out(F.gelu(self.up(torch.cat([e[:, :-2], e[:, 1:-1]], 2))))


net = Bigram2()
opt = torch.optim.Adam(net.parameters(), lr=4e-3, eps=1e-20)
hist = []
for step in range(STEPS):
    length = 4 + (36 * step) // STEPS
    s, _ = batch(32, length)
    logits = net(s)
    loss = F.cross_entropy(logits.reshape(-1, V), s[:, 2:].reshape(-1), reduction="sum") / CORPUS
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 100 == 0:
        gn = torch.stack([p.grad.norm() for p in net.parameters()]).norm().item()
        print(step, "loss %.3e per token %.3f gradient %.2e" % (
            loss.item(), loss.item() * CORPUS / (32 * length), gn))

with torch.no_grad():
    s, clean = batch(200, 40)
    acc = (net(s).argmax(2) == clean).float().mean().item()
print("FINAL loss=%.4e metric=%.4f" % (sum(hist[-50:]) / 50, acc))
