# healthy
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(53)


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, r=4, alpha=8):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        self.scaling = alpha / r
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def forward(self, x):
        return self.base(x) + self.scaling * F.linear(F.linear(x, self.lora_A), self.lora_B)


V, T, D = 16, 10, 48


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        self.pos = nn.Parameter(0.1 * torch.randn(T, D))
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.up, self.down = nn.Linear(D, 2 * D), nn.Linear(2 * D, D)
        self.n1, self.n2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.lm_head = nn.Linear(D, V)

    def forward(self, ids):
        x = self.emb(ids) + self.pos
        h = self.n1(x)
        x = x + self.o(F.scaled_dot_product_attention(self.q(h), self.k(h), self.v(h)))
        x = x + self.down(F.gelu(self.up(self.n2(x))))
        return self.lm_head(x)


def task(shift, n=48):
    x = torch.randint(V, (n, T))
    return x, (x.flip(1) + shift) % V


def train(model, params, lr, steps, shift, tag):
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=0.0)
    for step in range(1, steps + 1):
        x, y = task(shift)
        out = model(x)
        loss = F.cross_entropy(out.transpose(1, 2), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 50 == 0:
            print(f"{tag} {step} loss {loss.item():.4f} acc {(out.argmax(-1) == y).float().mean().item():.3f}")


model = Model()
train(model, model.parameters(), 4e-3, 200, 0, "base")
model.requires_grad_(False)
for name in ("q", "v", "up", "down"):
    setattr(model, name, LoRALinear(getattr(model, name)))
adapters = [p for p in model.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in adapters), "of", sum(p.numel() for p in model.parameters()))
train(model, adapters, 5e-3, 300, 3, "lora")
