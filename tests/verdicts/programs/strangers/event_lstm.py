# saturated badly_scaled
# Time gaps in raw milliseconds (up to 1e5) go straight into an LSTM: gates and cell candidates are pinned at 0/1 and +-1, the recurrence gets next to no gradient.
# mended by: log-scaling the gaps (log1p, standardised)
# cause words: saturated, gates, milliseconds, scale, input, normalise, LSTM, raw
import os
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)
def sessions(n, T=24):
    """click streams: event type + gap since the last event; bots have regular gaps whatever they click,
    buyers slow down before the basket event, browsers are bursty"""
    g = torch.Generator().manual_seed(n)
    y = torch.randint(0, 3, (n,), generator=g)
    base = torch.exp(torch.randn(n, 1, generator=g) * 1.0 + 8.0)
    ev = torch.randint(0, 5, (n, T), generator=g)
    noise = torch.randn(n, T, generator=g)
    burst = (torch.rand(n, T, generator=g) < 0.3).float() * 1.5
    slow = torch.roll((ev == 4).float(), -1, 1) * 1.3
    gap = torch.where((y == 0)[:, None], 0.35 * noise, torch.where((y == 1)[:, None], slow + 0.5 * noise, burst + 0.5 * noise))
    return ev, base * torch.exp(gap), y
class StreamNet(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.ev = nn.Embedding(5, 8)
        self.rnn = nn.LSTM(9, h, batch_first=True)
        self.head = nn.Sequential(nn.Linear(2 * h, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 3))
    def forward(self, ev, gap_ms):
        gap = (torch.log1p(gap_ms) - 8.0) if FIX else gap_ms
        x = torch.cat([self.ev(ev), gap[..., None]], -1)
        h, _ = self.rnn(x)
        return self.head(torch.cat([h[:, -1], h.mean(1)], 1))
ev, gap, y = sessions(2401)
vev, vgap, vy = sessions(800)
loader = DataLoader(TensorDataset(ev, gap, y), batch_size=64, shuffle=True, generator=torch.Generator().manual_seed(1))
net = StreamNet()
opt = torch.optim.AdamW([
    {"params": [p for n, p in net.named_parameters() if p.ndim > 1], "weight_decay": 0.01},
    {"params": [p for n, p in net.named_parameters() if p.ndim <= 1], "weight_decay": 0.0}], lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 10 * len(loader))
for epoch in range(10):
    net.train()
    tot = 0.0
    for e, ga, t in loader:
        loss = F.cross_entropy(net(e, ga), t)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step(); sched.step()
        tot += loss.item()
    net.eval()
    with torch.no_grad():
        o = net(vev, vgap)
        vl, acc = F.cross_entropy(o, vy).item(), (o.argmax(1) == vy).float().mean().item()
    print(f"epoch {epoch} train {tot / len(loader):.4f} val {vl:.4f} acc {acc:.3f}")
print(f"FINAL loss={vl:.4f} metric={acc:.4f}")
