# healthy
# Supermask training: all weights stay frozen at their random init, only scores are learned through a straight-through top-k; the unchanging weights and the step function are meant.
import math
import torch, torch.nn as nn, torch.nn.functional as F
class TopK(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores, keep):
        k = int(scores.numel() * (1 - keep))
        thr = scores.flatten().kthvalue(k).values
        return (scores > thr).to(scores.dtype)
    @staticmethod
    def backward(ctx, gr):
        return gr, None
class MaskedLinear(nn.Linear):
    def __init__(self, i, o, keep=0.5):
        super().__init__(i, o, bias=False)
        std = math.sqrt(2 / (i * keep))
        self.weight.data = std * torch.sign(torch.randn_like(self.weight))
        self.weight.requires_grad_(False)
        self.scores = nn.Parameter(torch.empty_like(self.weight))
        nn.init.kaiming_uniform_(self.scores, a=math.sqrt(5))
        self.keep = keep
    def forward(self, x):
        return F.linear(x, self.weight * TopK.apply(self.scores.abs(), self.keep))
torch.manual_seed(12)
# sensor windows: which of 8 gestures, from 6-axis motion summarised in 20 samples
protos = torch.randn(8, 6, 5)
def gestures(n):
    y = torch.randint(0, 8, (n,))
    c = protos[y] + 1.5 * torch.randn(n, 6, 5)
    w = F.interpolate(c, size=20, mode="linear", align_corners=True)
    rot = torch.linalg.qr(torch.eye(3) + 0.25 * torch.randn(n, 3, 3)).Q
    rot = rot * torch.sign(torch.diagonal(rot, dim1=1, dim2=2))[:, None]
    w = torch.cat([rot @ w[:, :3], rot @ w[:, 3:]], 1)
    return (w + 0.3 * torch.randn_like(w)).flatten(1), y
xtr, ytr = gestures(5000)
xte, yte = gestures(1000)
net = nn.Sequential(MaskedLinear(120, 256), nn.ReLU(), MaskedLinear(256, 256), nn.ReLU(), MaskedLinear(256, 8))
opt = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 400)
for step in range(400):
    i = torch.randint(0, 5000, (128,))
    loss = F.cross_entropy(net(xtr[i]), ytr[i])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step(); sched.step()
    if step % 40 == 0:
        print(f"step {step:3d} loss {loss.item():.4f}")
with torch.no_grad():
    o = net(xte)
print(f"FINAL loss={F.cross_entropy(o, yte).item():.4f} metric={(o.argmax(1) == yte).float().mean().item():.4f}")
