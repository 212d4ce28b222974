# miswired output_cannot_change
# MAML: the fast weights start from p.detach(), so the outer loss has no path to the meta parameters; they never get a gradient and the meta optimizer steps do nothing
# mended by: starting the inner loop from the parameters themselves (clone without detach)
# cause words: detach meta outer none path graph fast
import os, math, torch, torch.nn as nn, torch.nn.functional as F
from torch.func import functional_call
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13); torch.set_num_threads(1)

class SineTasks:
    def __init__(self, k=8):
        self.k = k
    def sample(self):
        amp = 0.5 + 2.5 * torch.rand(()); ph = math.pi * torch.rand(())
        def draw(n):
            x = torch.rand(n, 1) * 8 - 4
            return x, amp * torch.sin(x + ph)
        return draw(self.k), draw(self.k * 2)

class Learner(nn.Module):
    def __init__(self, h=40):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1))
    def forward(self, x):
        return self.net(x)

class MAML:
    def __init__(self, model, inner_lr=0.03, inner_steps=3, meta_batch=4):
        self.model, self.lr, self.k, self.mb = model, inner_lr, inner_steps, meta_batch
        self.opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    def adapt(self, support, train=True):
        if FIX:
            fast = {n: p.clone() for n, p in self.model.named_parameters()}
        else:
            fast = {n: p.detach().clone().requires_grad_() for n, p in self.model.named_parameters()}
        for _ in range(self.k):
            l = F.mse_loss(functional_call(self.model, fast, (support[0],)), support[1])
            g = torch.autograd.grad(l, list(fast.values()), create_graph=train)
            fast = {n: w - self.lr * gi for (n, w), gi in zip(fast.items(), g)}
        return fast
    def query_loss(self, tasks, train=True):
        ls = []
        for s, q in tasks:
            fast = self.adapt(s, train)
            ls.append(F.mse_loss(functional_call(self.model, fast, (q[0],)), q[1]))
        return torch.stack(ls).mean()
    def step(self, tasks):
        loss = self.query_loss(tasks)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()

tasks = SineTasks()
maml = MAML(Learner())
avg = None
for it in range(900):
    l = maml.step([tasks.sample() for _ in range(maml.mb)])
    avg = l if avg is None else 0.98 * avg + 0.02 * l
    if it % 100 == 0:
        print(f"meta iter {it} query mse {l:.4f} avg {avg:.4f}")
torch.manual_seed(99)
ev = maml.query_loss([tasks.sample() for _ in range(60)], train=False).item()
print(f"FINAL loss={avg:.4f} metric={ev:.4f}")
