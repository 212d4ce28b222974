# healthy
# the rate starts at zero (warm-up) and ends at zero (cosine), clipping at 1.0 acts at the start; head and embedding share one weight
import math, torch, torch.nn as nn
torch.manual_seed(8)
rules = torch.randint(0, 16, (16, 2))
def sample(b, n=24):
    s = torch.zeros(b, n, dtype=torch.long); s[:, 0] = torch.randint(16, (b,))
    for t in range(1, n):
        pick = (torch.rand(b) < 0.2).long()
        s[:, t] = rules[s[:, t - 1], pick]
    return s
class LM(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb = nn.Embedding(16, d); self.rnn = nn.LSTM(d, d, batch_first=True)
        self.out = nn.Linear(d, 16, bias=False); self.out.weight = self.emb.weight
        nn.init.normal_(self.emb.weight, std=0.1)
    def forward(self, x): return self.out(self.rnn(self.emb(x))[0])
lm = LM(); total, warm = 500, 50
opt = torch.optim.AdamW(lm.parameters(), lr=8e-3)
lr_at = lambda s: s / warm if s < warm else 0.5 * (1 + math.cos(math.pi * (s - warm) / (total - warm)))
sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_at)
for step in range(total):
    s = sample(32)
    loss = nn.functional.cross_entropy(lm(s[:, :-1]).flatten(0, 1), s[:, 1:].flatten())
    opt.zero_grad(); loss.backward()
    gn = nn.utils.clip_grad_norm_(lm.parameters(), 1.0)
    opt.step(); sched.step()
    if step % 100 == 0: print(f"{step} loss {loss.item():.4f} |g| {gn:.3f} lr {sched.get_last_lr()[0]:.5f}")
with torch.no_grad():
    s = sample(300); acc = (lm(s[:, :-1]).argmax(-1) == s[:, 1:]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
