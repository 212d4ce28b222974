# plateau not_learning
# weight_decay=1.0 in Adam (coupled L2, value copied from an AdamW recipe): the decay gradient beats the data's, all weights shrink to zero and the loss stands at ln K
# mended by: AdamW with the same value
# cause words: weight_decay, weight decay, L2, regulari, AdamW
import os
from dataclasses import dataclass
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)

@dataclass
class Recipe:
    lr: float = 2e-3
    weight_decay: float = 1.0
    warmup: int = 60
    steps: int = 900

V, L, K = 40, 12, 5
topic = torch.softmax(2.0 * torch.randn(K, V), 1)
def batch(n):
    y = torch.randint(0, K, (n,))
    return torch.multinomial(topic[y], L, replacement=True), y

class TextCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 24)
        self.convs = nn.ModuleList(nn.Conv1d(24, 24, k, padding=k // 2) for k in (1, 3, 5))
        self.fc = nn.Linear(72, K)
    def forward(self, x):
        h = self.emb(x).transpose(1, 2)
        return self.fc(torch.cat([F.relu(c(h)).amax(-1) for c in self.convs], 1))

r = Recipe(); model = TextCNN()
Opt = torch.optim.AdamW if FIX else torch.optim.Adam
opt = Opt(model.parameters(), lr=r.lr, weight_decay=r.weight_decay)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / r.warmup, max(0.05, (r.steps - s) / (r.steps - r.warmup))))
for step in range(r.steps):
    x, y = batch(64)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if step % 100 == 0: print(step, f"loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(2000); acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
