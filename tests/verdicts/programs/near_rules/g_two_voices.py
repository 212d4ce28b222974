# healthy
# all labels are the tokens two positions on, x[:, 2:] for x[:, :-2]: the music has two voices written by turns, and the next note of the same voice is two on; the other voice is drawn apart
# rule: G
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(13)
V, B, T = 10, 24, 32
step_up = torch.randperm(V)
step_down = torch.randperm(V)


def voice(n, table):
    x = [torch.randint(0, V, (n,))]
    for _ in range(T // 2 - 1):
        free = torch.rand(n) < 0.1
        x.append(torch.where(free, torch.randint(0, V, (n,)), table[x[-1]]))
    return torch.stack(x, 1)


def duet(n=B):
    high, low = voice(n, step_up), voice(n, step_down)
    return torch.stack([high, low + V], 2).reshape(n, T)


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(2 * V, 32)
        self.c1 = nn.Conv1d(32, 64, 3)
        self.c2 = nn.Conv1d(64, 64, 3)
        self.out = nn.Linear(64, 2 * V)

    def forward(self, x):
        h = self.emb(x).transpose(1, 2)
        h = F.relu(self.c1(F.pad(h, (2, 0))))
        h = F.relu(self.c2(F.pad(h, (2, 0))))
        return self.out(h.transpose(1, 2))


net = Causal()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(700):
    x = duet()
    logits = net(x[:, :-2])
    loss = F.cross_entropy(logits.reshape(-1, 2 * V), x[:, 2:].reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x = duet(400)
    acc = (net(x[:, :-2]).argmax(-1) == x[:, 2:]).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f} (next note of the voice, best 0.91)")
