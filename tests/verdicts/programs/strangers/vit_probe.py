# miswired output_cannot_change not_learning plateau
# The optimizer was built with the old head's parameters before the head was replaced, so the only trainable layer is never updated.
# mended by: Replace the head first, then build the optimizer.
"""Linear probing of a small vision transformer on a new set of classes."""
import os

import torch
import torch.nn as nn


class PatchEmbed(nn.Module):
    def __init__(self, img=16, patch=4, chans=1, dim=64):
        super().__init__()
        self.proj = nn.Conv2d(chans, dim, patch, patch)
        self.num = (img // patch) ** 2

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    def __init__(self, num_classes=100, dim=64, depth=3, heads=4):
        super().__init__()
        self.patch_embed = PatchEmbed(dim=dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.randn(1, self.patch_embed.num + 1, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(dim, heads, dim * 2, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, num_classes)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(x.size(0), -1, -1), x], 1) + self.pos_embed
        x = self.norm(self.blocks(x))
        return self.head(x.mean(1))


def synthetic(n, g):
    y = torch.randint(0, 5, (n,), generator=g)
    proto = torch.randn(5, 1, 16, 16, generator=torch.Generator().manual_seed(99))
    return proto[y] + 0.7 * torch.randn(n, 1, 16, 16, generator=g), y


def build(num_classes):
    torch.manual_seed(2)
    model = VisionTransformer()
    for p in model.parameters():
        p.requires_grad_(False)
    for p in model.head.parameters():
        p.requires_grad_(True)
    if os.environ.get("FIX") == "1":
        model.head = nn.Linear(64, num_classes)
        optimizer = torch.optim.AdamW(model.head.parameters(), lr=1e-2)
    else:
        optimizer = torch.optim.AdamW(model.head.parameters(), lr=1e-2)
        model.head = nn.Linear(64, num_classes)
    return model, optimizer


def train(model, optimizer, steps=250):
    g = torch.Generator().manual_seed(0)
    avg, acc = 0.0, 0.0
    for step in range(1, steps + 1):
        x, y = synthetic(32, g)
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, y, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        avg += loss.item() / 50
        acc += (logits.argmax(-1) == y).float().mean().item() / 50
        if step % 50 == 0:
            print(f"{step:>4}/{steps} loss {avg:.4f} acc {acc:.3f}")
            avg = acc = 0.0


if __name__ == "__main__":
    train(*build(5))
