"""A character model: causal attention, tied embeddings, two micro-batches a step, clipping, warm-up."""

import torch
import truth
from torch import nn
from torch.nn import functional as F

TEXT = "the quick brown fox jumps over the lazy dog and runs away from the angry bear. " * 4
LETTERS = sorted(set(TEXT))
CONTEXT, BATCH, MICRO = 16, 8, 2


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1)
        )

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (
            y.view(b, t, 2, c // 2).transpose(1, 2) for y in self.qkv(self.before(x)).split(c, 2)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.between(x))


class GPT(nn.Module):
    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.token = nn.Embedding(len(LETTERS), width)
        self.place = nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.last = nn.LayerNorm(width)
        self.head = nn.Linear(width, len(LETTERS), bias=False)
        self.head.weight = self.token.weight

    def forward(self, x):
        h = self.token(x) + self.place(torch.arange(x.shape[1]))
        for block in self.blocks:
            h = block(h)
        return self.head(self.last(h))


def main() -> None:
    torch.manual_seed(1)
    data = torch.tensor([LETTERS.index(c) for c in TEXT])
    model = GPT()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: min(1.0, (i + 1) / 10))
    for _ in range(20):
        optimizer.zero_grad(set_to_none=True)
        losses = []
        for _ in range(MICRO):
            at = torch.randint(len(data) - CONTEXT - 1, (BATCH,))
            x = torch.stack([data[i : i + CONTEXT] for i in at])
            y = torch.stack([data[i + 1 : i + CONTEXT + 1] for i in at])
            loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten()) / MICRO
            loss.backward()
            losses.append(loss.item())
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        truth.step(sum(losses), dict(model.named_parameters()))
        optimizer.step()
        warm.step()
    truth.end(model)


if __name__ == "__main__":
    main()
