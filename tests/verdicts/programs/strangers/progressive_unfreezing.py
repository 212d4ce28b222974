# healthy
# Transfer: trunk frozen on purpose, progressive unfreezing at 120/220/320, discriminative lrs; flat loss while frozen, drops at each unfreezing. Pretraining in the same script.
"""Transfer: pretrained trunk frozen on purpose, then unfrozen layer by layer with discriminative learning rates."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(11)
D = 32
M = torch.randn(D, 48) / D ** .5 * 2; Ha = torch.randn(48, 10); Hb = torch.randn(48, 5)

def batch(n, H):
    x = torch.randn(n, D); f = torch.relu(x @ M)
    return x, ((f - f.mean(1, keepdim=True)) @ H).argmax(1)

l1, l2, l3 = nn.Linear(D, 128), nn.Linear(128, 128), nn.Linear(128, 64)
trunk = nn.Sequential(l1, nn.ReLU(), l2, nn.ReLU(), l3, nn.ReLU())
headA = nn.Linear(64, 10)
o = torch.optim.Adam([*trunk.parameters(), *headA.parameters()], lr=2e-3)
for _ in range(400):
    x, y = batch(256, Ha); l = F.cross_entropy(headA(trunk(x)), y)
    o.zero_grad(); l.backward(); o.step()
print("pretraining loss", l.item())

head = nn.Linear(64, 5)
trunk.requires_grad_(False)
opt = torch.optim.AdamW([
    {"params": head.parameters(), "lr": 3e-3},
    {"params": l3.parameters(), "lr": 1e-3},
    {"params": l2.parameters(), "lr": 5e-4},
    {"params": l1.parameters(), "lr": 2e-4}], weight_decay=1e-4)
unfreeze = {120: l3, 220: l2, 320: l1}
hist = []
for step in range(560):
    if step in unfreeze: unfreeze[step].requires_grad_(True)
    x, y = batch(256, Hb)
    loss = F.cross_entropy(head(trunk(x)), y)
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 40 == 0: print(step, f"{loss.item():.4f}")
with torch.no_grad():
    x, y = batch(4000, Hb); acc = (head(trunk(x)).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-56:])/56:.5f} metric={acc:.4f}")
