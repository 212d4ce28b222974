# vanishing_gradient plateau not_learning
# Eight encoder layers without residual connections and without normalisation, each gated by a sigmoid: signal and gradient shrink with depth.
# mended by: Add residual connections (and pre-norm).
"""Text-like classification with my own encoder stack (CLS pooling)."""
import os
import torch
import torch.nn as nn

torch.manual_seed(21)
FIX = os.environ.get("FIX") == "1"


class FeedForward(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.up = nn.Linear(dim, hidden)
        self.down = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.down(torch.relu(self.up(x)))


class EncoderLayer(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(dim)
        self.ffn = FeedForward(dim, dim * 2)
        self.skip = 1.0 if FIX else 0.0
        self.gate = nn.Sequential(nn.Linear(dim, dim), nn.Sigmoid())

    def forward(self, x):
        h = x if self.skip == 0 else self.norm1(x)
        a, _ = self.attn(h, h, h, need_weights=False)
        x = a + self.skip * x
        h = x if self.skip == 0 else self.norm2(x)
        return self.gate(h) * self.ffn(h) + self.skip * x


class Classifier(nn.Module):
    def __init__(self, vocab=40, dim=48, depth=8, heads=4, classes=4, length=20):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, length + 1, dim) * 0.1)
        self.layers = nn.Sequential(*[EncoderLayer(dim, heads) for _ in range(depth)])
        self.head = nn.Linear(dim, classes)

    def forward(self, ids):
        x = torch.cat([self.cls.expand(len(ids), -1, -1), self.embed(ids)], dim=1) + self.pos
        return self.head(self.layers(x)[:, 0])


def get_batch(n=16, length=20):
    ids = torch.randint(4, 40, (n, length))
    label = torch.randint(0, 4, (n,))
    where = torch.randint(0, length, (n, 3))
    ids.scatter_(1, where, label[:, None].expand(-1, 3))
    return ids, label


model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
loss_fn = nn.CrossEntropyLoss()

hist = []
for step in range(110):
    ids, label = get_batch()
    out = model(ids)
    loss = loss_fn(out, label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    hist.append((loss.item(), (out.argmax(1) == label).float().mean().item()))
    if step % 25 == 24:
        l, a = torch.tensor(hist[-25:]).mean(0).tolist()
        print(f"[{step + 1}] loss={l:.4f} acc={a:.3f}")
