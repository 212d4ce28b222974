# plateau not_learning
# finetuning resumes from the pretraining checkpoint including optimizer and scheduler state: OneCycle had ended, so the restored lr is about 1e-9 and the scheduler is exhausted (wrapped in try), nothing moves
# mended by: load only the weights, new optimizer and scheduler
# cause words: resume, checkpoint, learning rate, lr, scheduler, optimizer state
import os, io
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(24)
W = torch.randn(2, 20, 5)
def batch(n, domain):
    x = torch.randn(n, 20)
    return x, (x @ W[domain] + 0.3 * (x ** 2) @ W[domain].abs()).argmax(1)

def build(steps):
    m = nn.Sequential(nn.Linear(20, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 5))
    o = torch.optim.AdamW(m.parameters(), lr=3e-3)
    s = torch.optim.lr_scheduler.OneCycleLR(o, max_lr=3e-3, total_steps=steps + 1, final_div_factor=1e5)
    return m, o, s

class Trainer:
    def __init__(self, steps): self.model, self.opt, self.sched = build(steps); self.steps = steps
    def save(self):
        f = io.BytesIO()
        torch.save({"model": self.model.state_dict(), "opt": self.opt.state_dict(), "sched": self.sched.state_dict()}, f)
        f.seek(0); return f
    def load(self, f, weights_only_model=False):
        ck = torch.load(f)
        self.model.load_state_dict(ck["model"])
        if not weights_only_model:
            self.opt.load_state_dict(ck["opt"]); self.sched.load_state_dict(ck["sched"])
    def fit(self, domain, tag):
        for s in range(self.steps):
            x, y = batch(64, domain)
            loss = F.cross_entropy(self.model(x), y)
            self.opt.zero_grad(); loss.backward(); self.opt.step()
            try: self.sched.step()
            except ValueError: pass          # scheduler finished
            if s % 150 == 0: print(tag, s, f"loss {loss.item():.4f}")
        return loss.item()

pre = Trainer(300); pre.fit(0, "pretrain")
ft = Trainer(900); ft.load(pre.save(), weights_only_model=FIX)
last = ft.fit(1, "finetune")
with torch.no_grad():
    x, y = batch(2000, 1); acc = (ft.model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={last:.4f} metric={acc:.4f}")
