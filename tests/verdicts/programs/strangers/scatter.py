# miswired not_learning
# hand-written scatter: messages are gathered at edge_index[0] and also added at edge_index[0], so every node receives only copies of itself and never sees a neighbour
# mended by: adding at edge_index[1]
# cause words: scatter index src dst source destination edge neighbour
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15); torch.set_num_threads(1)

def scatter_mean(m, idx, n):
    out = m.new_zeros(n, m.shape[1]).index_add(0, idx, m)
    cnt = m.new_zeros(n).index_add(0, idx, torch.ones(len(idx)))
    return out / cnt.clamp(min=1)[:, None]

class MPLayer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.msg = nn.Sequential(nn.Linear(d, d), nn.ReLU())
        self.upd = nn.Linear(2 * d, d)
        self.norm = nn.LayerNorm(d)
    def forward(self, h, ei):
        src, dst = ei
        m = self.msg(h[src])
        agg = scatter_mean(m, dst if FIX else src, len(h))
        return self.norm(h + F.relu(self.upd(torch.cat([h, agg], -1))))

class NodeNet(nn.Module):
    def __init__(self, f, d=40, layers=2):
        super().__init__()
        self.enc, self.dec = nn.Linear(f, d), nn.Linear(d, 1)
        self.layers = nn.ModuleList(MPLayer(d) for _ in range(layers))
    def forward(self, x, ei):
        h = self.enc(x)
        for l in self.layers:
            h = l(h, ei)
        return self.dec(h).squeeze(-1)

def water_network(n=80, deg=5):
    """pressure at a node: own demand plus the mean demand of its inflows"""
    x = torch.randn(n, 6)
    src, dst = torch.randint(0, n, (n * deg,)), torch.arange(n).repeat_interleave(deg)
    nb = scatter_mean(x[src], dst, n)
    y = 0.4 * x[:, 0] + 2.0 * nb[:, 0] - 1.5 * nb[:, 1] + 1.5 * nb[:, 2].abs()
    return x, torch.stack([src, dst]), y

net = NodeNet(6)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 300, 0.5)
for it in range(900):
    loss = 0.0
    for _ in range(2):
        x, ei, y = water_network()
        loss = loss + F.smooth_l1_loss(net(x, ei), y) / 2
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if it % 100 == 0:
        print(f"it {it} huber {loss.item():.4f}")
with torch.no_grad():
    r = []
    for _ in range(20):
        x, ei, y = water_network()
        r.append(1 - F.mse_loss(net(x, ei), y).item() / y.var().item())
print(f"FINAL loss={loss.item():.4f} metric={sum(r) / 20:.4f}")
