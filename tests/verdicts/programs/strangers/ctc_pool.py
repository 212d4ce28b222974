# healthy
# CTC with valid lengths over a fixed pool of batches; from high loss to alignment. metric = exact sequence accuracy on fresh data.
"""CTC with valid lengths (input lengths always long enough): from the blank-only phase to the alignment."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(32)
V, D = 7, 12     # 0 is the blank
proto = torch.randn(V, D)
def batch(n):
    U = torch.randint(3, 6, (n,)); T = 40
    x = 0.5 * torch.randn(n, T, D); il = torch.empty(n, dtype=torch.long); tg = []
    for b in range(n):
        lab = torch.randint(1, V, (int(U[b]),)); dur = torch.randint(2, 6, (len(lab),)); gap = torch.randint(1, 3, (len(lab),))
        fr = torch.cat([torch.repeat_interleave(torch.stack([lab, torch.zeros_like(lab)], 1).flatten(), torch.stack([dur, gap], 1).flatten())])
        sig = proto[fr] * (fr > 0).float()[:, None]
        x[b, :len(fr)] += sig; il[b] = len(fr); tg.append(lab)
    return x, il, torch.cat(tg), U, tg
pool = [batch(32) for _ in range(40)]
class Net(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.c = nn.Sequential(nn.Conv1d(D, h, 5, padding=2), nn.GELU(), nn.Conv1d(h, h, 5, padding=2), nn.GELU(), nn.Conv1d(h, V, 1))
    def forward(self, x): return self.c(x.transpose(1, 2)).permute(2, 0, 1).log_softmax(-1)
net = Net(); opt = torch.optim.Adam(net.parameters(), lr=1e-3)
ctc = nn.CTCLoss(blank=0)
hist = []
for step in range(500):
    x, il, tg, tl, _ = pool[int(torch.randint(0, 40, ()))]
    loss = ctc(net(x), tg, il, tl)
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 10.0); opt.step()
    hist.append(loss.item())
    if step % 50 == 0: print(step, f"{loss.item():.4f}")
with torch.no_grad():
    x, il, _, _, tg = batch(300); best = net(x).argmax(-1).t(); ok = 0
    for b in range(300):
        s = torch.unique_consecutive(best[b, :il[b]]); s = s[s > 0]; ok += len(s) == len(tg[b]) and bool((s == tg[b]).all())
print(f"FINAL loss={sum(hist[-50:])/50:.5f} metric={ok/300:.4f}")
