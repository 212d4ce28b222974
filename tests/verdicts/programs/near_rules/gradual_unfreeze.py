# healthy
# three optimizers, one for each block, all stepped by habit; blocks that are still frozen have no gradient for up to 600 steps, then they are unfrozen from top to bottom
# rule: G
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(41)
torch.set_num_threads(1)
C, D, BS, STEPS = 5, 30, 96, 1200
proto = torch.randn(C, D)


def batch(n, shift):
    y = torch.randint(0, C, (n,))
    x = proto[y] * (1 + shift) + 1.2 * torch.randn(n, D)
    return torch.cat([x[:, :15].abs(), x[:, 15:]], 1) if shift else x, y


blocks = nn.ModuleDict({
    "low": nn.Sequential(nn.Linear(D, 128), nn.ReLU()),
    "mid": nn.Sequential(nn.Linear(128, 128), nn.ReLU()),
    "head": nn.Linear(128, C),
})


def forward(x):
    return blocks["head"](blocks["mid"](blocks["low"](x)))


def set_frozen(name, frozen):
    for p in blocks[name].parameters():
        p.requires_grad_(not frozen)


opts = {n: torch.optim.Adam(b.parameters(), lr=lr)
        for (n, b), lr in zip(blocks.items(), (2e-4, 5e-4, 2e-3))}
unfreeze_at = {"head": 0, "mid": 300, "low": 600}
for name in blocks:
    set_frozen(name, True)
for step in range(STEPS):
    for name, when in unfreeze_at.items():
        if step == when:
            set_frozen(name, False)
            print(step, "unfroze", name)
    x, y = batch(BS, 0.1)
    loss = F.cross_entropy(forward(x), y)
    for o in opts.values():
        o.zero_grad()
    loss.backward()
    for o in opts.values():
        o.step()
    if step % 150 == 0:
        print(step, f"{loss.item():.4f}")
with torch.no_grad():
    x, y = batch(5000, 0.1)
    out = forward(x)
    final = F.cross_entropy(out, y).item()
    acc = (out.argmax(1) == y).float().mean().item()
print(f"FINAL loss={final:.4f} metric={acc:.4f} (accuracy, chance 0.2)")
