# healthy
# every single step is clipped (max_norm 0.02), but Adam divides the size of the gradient out again: the clip only tames outliers
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(46)
V, T = 12, 10


def reverse_task(n):
    x = torch.randint(1, V, (n, T))
    return x, x.flip(1)


class Reverser(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb, self.pos = nn.Embedding(V, d), nn.Parameter(0.1 * torch.randn(T, d))
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ff = nn.Sequential(nn.Linear(d, 96), nn.ReLU(), nn.Linear(96, d))
        self.out = nn.Linear(d, V)

    def forward(self, x):
        h = self.emb(x) + self.pos
        q = self.n1(h)
        h = h + self.attn(q, q, q, need_weights=False)[0]
        return self.out(h + self.ff(self.n2(h)))


model = Reverser()
opt = torch.optim.Adam(model.parameters(), lr=2e-3, betas=(0.9, 0.98))
for step in range(700):
    x, y = reverse_task(64)
    typo = torch.rand(y.shape) < 0.1  # the transcripts have errors
    y = torch.where(typo, torch.randint(1, V, y.shape), y)
    loss = F.cross_entropy(model(x).transpose(1, 2), y)
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.02)
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f} grad norm {norm.item():.3f}")
with torch.no_grad():
    x, y = reverse_task(500)
    acc = (model(x).argmax(-1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
