# healthy
# SimSiam with stop-gradient; negative cosine to ~-0.97 without collapse (std stays at 1/sqrt(d)). Linear biases in front of BN have ~0 gradient: redundant, not a fault.
"""SimSiam: stop-gradient on the target branch, predictor, BN; loss falls towards -1, no collapse."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(20)
C, D = 8, 48
cent = torch.randn(C, 16) * 1.5
mix = torch.randn(16, D) / 4
nuis = torch.randn(6, D) / 4
def sample(n):
    y = torch.randint(0, C, (n,)); return cent[y] + 0.5 * torch.randn(n, 16), y
def view(z): return torch.tanh(z @ mix) + torch.randn(len(z), 6) @ nuis + 0.2 * torch.randn(len(z), D)

body = nn.Sequential(nn.Linear(D, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 64))
proj = nn.Sequential(nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 64, bias=False), nn.BatchNorm1d(64, affine=False))
pred = nn.Sequential(nn.Linear(64, 24, bias=False), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 64))
mods = nn.ModuleList([body, proj, pred])
opt = torch.optim.SGD(mods.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 300)
sim = lambda p, z: -F.cosine_similarity(p, z.detach(), dim=1).mean()
hist = []
for step in range(300):
    z, _ = sample(160)
    z1, z2 = proj(body(view(z))), proj(body(view(z)))
    loss = 0.5 * (sim(pred(z1), z2) + sim(pred(z2), z1))
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 40 == 0: print(step, f"{loss.item():.4f} std {F.normalize(z1, dim=1).std(0).mean().item():.4f} (1/sqrt(d)={64**-.5:.4f})")
mods.eval()
with torch.no_grad():
    z, y = sample(1500); a = F.normalize(body(view(z)), dim=1)
    z2, y2 = sample(800); b = F.normalize(body(view(z2)), dim=1)
    acc = (y[(b @ a.t()).topk(9).indices].mode(1).values == y2).float().mean().item()
print(f"FINAL loss={sum(hist[-30:])/30:.5f} metric={acc:.4f}")
