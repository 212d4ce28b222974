# plateau not_learning
# the similarities are multiplied by the temperature 0.07 instead of divided: all logits lie within 0.07, the loss stays at log N
# mended by: sim / temperature
# cause words: temperature, logit, scale, divide, multipl
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(30)
LATENT = 12
to_img, to_txt = torch.randn(LATENT, 64), torch.randn(LATENT, 40)


def pairs(n):
    z = torch.randn(n, LATENT)
    return torch.tanh(z @ to_img / 3) + 0.2 * torch.randn(n, 64), torch.tanh(z @ to_txt / 3) + 0.2 * torch.randn(n, 40)


class TwoTower(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.image = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, dim))
        self.text = nn.Sequential(nn.Linear(40, 128), nn.GELU(), nn.Linear(128, dim))
        self.temperature = 0.07

    def forward(self, img, txt):
        a = F.normalize(self.image(img), dim=-1)
        b = F.normalize(self.text(txt), dim=-1)
        sim = a @ b.t()
        return sim / self.temperature if FIX else sim * self.temperature


model = TwoTower()
opt = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=1000)
for step in range(1000):
    logits = model(*pairs(64))
    target = torch.arange(64)
    loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step} contrastive loss {loss.item():.4f}")
with torch.no_grad():
    logits = model(*pairs(1000))
    r1 = (logits.argmax(1) == torch.arange(1000)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r1:.3f}")
