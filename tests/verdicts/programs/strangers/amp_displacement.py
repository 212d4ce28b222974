# fp16_underflow
# float16 autocast without GradScaler; the targets are displacements in metres (1e-4), the output too, the gradients round to zero in half precision
# mended by: GradScaler
# cause words: float16 half underflow scaler GradScaler autocast
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N = 2048
x = torch.linspace(0, 1, 32)
load = torch.rand(N, 3) * 2 - 1
modes = torch.stack([torch.sin((k + 1) * torch.pi * x) for k in range(3)])
beam = 1e-4 * (torch.tanh(2 * load) @ modes + 0.5 * (load[:, :1] * load[:, 1:2]) @ modes[:1])  # metres
inp = load @ torch.randn(3, 24)


class BeamNet(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(24, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU())
        self.head = nn.Linear(h, 32)

    def forward(self, z):
        return self.head(self.body(z)).float() * 1e-4      # metres


net = BeamNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-16)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 30, enabled=FIX)
B = 256
for epoch in range(40):
    perm = torch.randperm(N)
    tot = 0.0
    for i in range(0, N, B):
        b = perm[i:i + B]
        with torch.autocast("cpu", dtype=torch.float16):
            pred = net(inp[b])
            loss = ((pred - beam[b]) ** 2).mean()
        opt.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
        tot += loss.item()
    if epoch % 8 == 0:
        print(f"epoch {epoch} mse {tot / 8:.3e}")
with torch.no_grad():
    err = ((net(inp) - beam) ** 2).mean().item()
    r2 = 1 - err / beam.var().item()
print(f"FINAL loss={err:.3e} metric={r2:.4f}")
