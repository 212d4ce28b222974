# plateau not_learning vanishing_gradient
# the temperature is applied the wrong way round on the logits' scale, so the contrastive softmax is nearly uniform and hardly pulls
# mended by: dividing the cosine similarities by the temperature
# cause words: temperature scale uniform flat softmax logits
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
TAU = 0.07
mix_a, mix_b = torch.randn(6, 24), torch.randn(6, 30)
def pairs(n):
    z = torch.randn(n, 6)
    return torch.tanh(z @ mix_a) + 0.2 * torch.randn(n, 24), torch.sin(z @ mix_b) + 0.2 * torch.randn(n, 30)
def tower(i):
    return nn.Sequential(nn.Linear(i, 64), nn.ReLU(), nn.Linear(64, 16))
img, txt = tower(24), tower(30)
opt = torch.optim.AdamW([*img.parameters(), *txt.parameters()], 1e-3, weight_decay=0.1)
for step in range(900):
    a, b = pairs(128)
    a, b = F.normalize(img(a), dim=1), F.normalize(txt(b), dim=1)
    sim = a @ b.t()
    logits = sim / TAU if FIX else sim * TAU
    lab = torch.arange(128)
    loss = (F.cross_entropy(logits, lab) + F.cross_entropy(logits.t(), lab)) / 2
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 150 == 0:
        print(step, loss.item())
with torch.no_grad():
    a, b = pairs(500)
    top1 = ((F.normalize(img(a), dim=1) @ F.normalize(txt(b), dim=1).t()).argmax(1) == torch.arange(500)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={top1:.4f}")
