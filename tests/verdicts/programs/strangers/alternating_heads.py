# healthy
import itertools
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(77)
proj = torch.randn(30, 10)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(30, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU())
        self.heads = nn.ModuleDict({"kind": nn.Linear(64, 4), "size": nn.Linear(64, 1), "tags": nn.Linear(64, 5)})

    def forward(self, x, head):
        return self.heads[head](self.encoder(x))


def batch(n):
    x = torch.randn(n, 30)
    h = x @ proj / 30 ** 0.5
    return x, {"kind": h[:, :4].argmax(1), "size": 4 * torch.tanh(h[:, 4:5]) + h[:, :1], "tags": (h[:, :5] + h[:, 5:] > 0).float()}


losses = {"kind": F.cross_entropy, "size": F.smooth_l1_loss, "tags": F.binary_cross_entropy_with_logits}
net = Shared()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
xv, tv = batch(1000)
turn = itertools.cycle(losses)
for step in range(1, 481):
    head = next(turn)
    x, t = batch(64)
    loss = losses[head](net(x, head), t[head])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if step % 48 == 0:
        with torch.no_grad():
            kind = (net(xv, "kind").argmax(1) == tv["kind"]).float().mean().item()
            r2 = 1 - F.mse_loss(net(xv, "size"), tv["size"]).item() / tv["size"].var().item()
            tags = ((net(xv, "tags") > 0) == (tv["tags"] > 0)).float().mean().item()
        print(f"{step} {head} loss {loss.item():.4f} | kind acc {kind:.3f} size R2 {r2:.3f} tags acc {tags:.3f}")
