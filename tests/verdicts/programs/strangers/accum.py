# miswired
# gradient accumulation over four domains: zero_grad stands in the micro-batch loop, so only the last micro-batch (always the same domain) reaches the step
# mended by: zero_grad once per optimizer step
# cause words: zero_grad accumulat micro last batch domain
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23); torch.set_num_threads(1)

@dataclass
class Cfg:
    domains: tuple = ("en", "de", "fr", "pl")
    accum: int = 4
    lr: float = 3e-3
    updates: int = 800

class Callback:
    def on_step(self, tr): pass

class Logger(Callback):
    def on_step(self, tr):
        if tr.step % 80 == 0:
            print(f"update {tr.step} " + " ".join(f"{d}:{l:.3f}" for d, l in zip(tr.cfg.domains, tr.losses)))

class Intent(nn.Module):
    def __init__(self, v=80, d=32, k=6, nd=4):
        super().__init__()
        self.emb, self.dom = nn.EmbeddingBag(v, d, mode="mean"), nn.Embedding(nd, d)
        self.mlp = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 64), nn.GELU(), nn.Linear(64, k))
    def forward(self, ids, dom):
        return self.mlp(self.emb(ids) + self.dom(dom))

perms = [torch.randperm(80) for _ in range(4)]
def domain_batch(d, n=32, L=8):
    """six intents, each prefers a set of words; every language has its own words for it"""
    y = torch.randint(0, 6, (n,))
    topical = y[:, None] * 10 + torch.randint(0, 10, (n, L))
    w = torch.where(torch.rand(n, L) < 0.6, topical, torch.randint(0, 80, (n, L)))
    return perms[d][w], torch.full((n,), d), y

class Trainer:
    def __init__(self, model, cfg, cbs):
        self.model, self.cfg, self.cbs = model, cfg, cbs
        decay = [p for p in model.parameters() if p.ndim > 1]
        rest = [p for p in model.parameters() if p.ndim == 1]
        self.opt = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-2}, {"params": rest, "weight_decay": 0.0}], lr=cfg.lr)
        self.sched = torch.optim.lr_scheduler.OneCycleLR(self.opt, cfg.lr, total_steps=cfg.updates)
    def micro_step(self, d):
        ids, dom, y = domain_batch(d)
        if not FIX:
            self.opt.zero_grad()
        loss = F.cross_entropy(self.model(ids, dom), y)
        (loss / self.cfg.accum).backward()
        return loss.item()
    def fit(self):
        for self.step in range(self.cfg.updates):
            self.losses = [self.micro_step(d) for d in range(self.cfg.accum)]
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.opt.step(); self.sched.step()
            if FIX:
                self.opt.zero_grad()
            for c in self.cbs: c.on_step(self)

model = Intent()
tr = Trainer(model, Cfg(), [Logger()])
tr.fit()
with torch.no_grad():
    acc = [(model(i, d).argmax(1) == y).float().mean().item() for i, d, y in (domain_batch(k, 500) for k in range(4))]
print(f"FINAL loss={sum(tr.losses) / 4:.4f} metric={sum(acc) / 4:.4f}")
