# vanishing_gradient
# the residual branches are scaled by a fixed 1e-5 (copied from the config of a very deep net): every weight inside the blocks gets a gradient a hundred thousand times too small
# mended by: branch scale 1
# cause words: branch scale residual gamma layerscale small
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
V, D, T = 12, 32, 10
BRANCH_SCALE = 1.0 if FIX else 1e-5


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.att = nn.MultiheadAttention(D, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))
        self.register_buffer("scale", torch.tensor(BRANCH_SCALE))

    def forward(self, x):
        h = self.n1(x)
        x = x + self.scale * self.att(h, h, h, need_weights=False)[0]
        return x + self.scale * self.mlp(self.n2(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, D), nn.Parameter(torch.randn(1, T, D))
        self.blocks = nn.Sequential(Block(), Block())
        self.norm, self.out = nn.LayerNorm(D), nn.Linear(D, V)

    def forward(self, x):
        return self.out(self.norm(self.blocks(self.tok(x) + self.pos)))


def batch(n):
    """Tag every token with the token at the mirrored position; half the positions keep their own token."""
    x = torch.randint(0, V, (n, T))
    y = x.clone()
    y[:, ::2] = x.flip(1)[:, ::2]
    return x, y


net = Model()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
for step in range(900):
    x, y = batch(32)
    loss = F.cross_entropy(net(x).flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(500)
    acc = (net(x).argmax(-1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
