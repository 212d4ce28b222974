# healthy
# gradient reversal: the domain head's loss stays near ln 2 on purpose, and its gradient enters the features with the sign turned
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(14)
class Rev(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, lam):
        ctx.lam = lam
        return x.view_as(x)
    @staticmethod
    def backward(ctx, g):
        return -ctx.lam * g, None
def domain(n, d):
    y = torch.randint(0, 3, (n,))
    x = torch.randn(n, 12)
    x[:, :3] += 3 * F.one_hot(y, 3)
    x[:, 6:9] += 2.0 * d
    return x, y
feat = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU())
cls, dom = nn.Linear(24, 3), nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam([*feat.parameters(), *cls.parameters(), *dom.parameters()], 1e-3)
for step in range(800):
    lam = 0.3 * min(1.0, step / 300)
    xs, ys = domain(128, 0)
    xt, _ = domain(128, 1)
    fs, ft = feat(xs), feat(xt)
    d = dom(Rev.apply(torch.cat([fs, ft]), lam))[:, 0]
    ld = F.binary_cross_entropy_with_logits(d, torch.cat([torch.zeros(128), torch.ones(128)]))
    lc = F.cross_entropy(cls(fs), ys)
    opt.zero_grad(); (lc + ld).backward(); opt.step()
    if step % 100 == 0:
        print(step, lc.item(), ld.item())
x, y = domain(2000, 1)
print(f"FINAL loss={lc.item():.4f} metric={(cls(feat(x)).argmax(1) == y).float().mean().item():.4f}")
