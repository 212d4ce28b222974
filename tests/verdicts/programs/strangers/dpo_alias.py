# miswired plateau
# DPO: the frozen reference model is the policy itself (ref = policy, no deepcopy), so the log-ratio is always 0, the loss stays at log 2 and nothing keeps the policy near its start
# mended by: ref = copy.deepcopy(policy)
# cause words: reference, deepcopy, same object, alias, log 2, ratio
import os, copy, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
V, L = 12, 8
trans = (torch.randn(V, V) * 1.5).softmax(-1)

def chain(n):
    s = [torch.randint(0, V, (n,))]
    for _ in range(L - 1):
        s.append(torch.multinomial(trans[s[-1]], 1)[:, 0])
    return torch.stack(s, 1)

class LM(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.e = nn.Embedding(V, h); self.r = nn.GRU(h, h, batch_first=True); self.o = nn.Linear(h, V)
    def logp(self, s):
        lp = self.o(self.r(self.e(s[:, :-1]))[0]).log_softmax(-1)
        return lp.gather(2, s[:, 1:, None])[..., 0].sum(1)

policy = LM()
opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
for i in range(300):                                 # supervised stage
    loss = -policy.logp(chain(32)).mean() / (L - 1)
    opt.zero_grad(); loss.backward(); opt.step()
    if i % 100 == 0: print("sft", i, round(loss.item(), 4))

ref = copy.deepcopy(policy) if FIX else policy
opt = torch.optim.Adam(policy.parameters(), lr=1e-3)
beta = 0.5
def pairs(n):                                        # humans prefer more small tokens
    a, b = chain(n), chain(n)
    sw = ((a < 4).sum(1) < (b < 4).sum(1))[:, None]
    return torch.where(sw, b, a), torch.where(sw, a, b)

def margin(w, l):
    with torch.no_grad():
        rw, rl = ref.logp(w), ref.logp(l)
    return beta * ((policy.logp(w) - rw) - (policy.logp(l) - rl))

for i in range(500):
    w, l = pairs(32)
    m = margin(w, l)
    loss = -F.logsigmoid(m).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if i % 50 == 0:
        print(f"dpo {i} loss {loss.item():.4f} acc {(m > 0).float().mean().item():.3f}")
w, l = pairs(400)
with torch.no_grad():
    acc, nll = (margin(w, l) > 0).float().mean().item(), -policy.logp(w).mean().item() / (L - 1)
print(f"FINAL loss={loss.item():.4f} nll_chosen={nll:.3f} metric={acc:.3f}")
