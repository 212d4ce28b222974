# exploding_gradient
# hand-written ReLU recurrent cell, recurrent matrix initialised with std 1.6/sqrt(H): backpropagation through 60 steps explodes, no clipping
# mended by: identity*0.98 + small noise initialisation and clipping at 1
# cause words: recurrent explode initialisation spectral clip growing
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
H, T = 48, 60


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.wx = nn.Linear(2, H)
        self.wh = nn.Parameter(torch.empty(H, H))
        self.out = nn.Linear(H, 1)
        if FIX:
            with torch.no_grad():
                self.wh.copy_(torch.eye(H) * 0.98 + 0.01 * torch.randn(H, H))
        else:
            nn.init.normal_(self.wh, std=1.6 / H ** 0.5)

    def forward(self, x):
        h = x.new_zeros(x.size(0), H)
        for t in range(x.size(1)):
            h = torch.relu(self.wx(x[:, t]) + h @ self.wh)
        return self.out(h).squeeze(1)


def adding(n):
    x = torch.rand(n, T, 2)
    x[..., 1] = 0
    a = torch.randint(0, T // 2, (n,))
    b = torch.randint(T // 2, T, (n,))
    r = torch.arange(n)
    x[r, a, 1] = 1
    x[r, b, 1] = 1
    return x, x[r, a, 0] + x[r, b, 0]


model = Cell()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(1200):
    x, y = adding(64)
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    if FIX:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
with torch.no_grad():
    x, y = adding(1000)
    print(f"FINAL loss={loss.item():.5g} metric={nn.functional.mse_loss(model(x), y).item():.5g}")
