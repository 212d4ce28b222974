# exploding_gradient oscillating_loss
# hand-written Adam divides by the second moment v instead of its square root, so small gradients get gigantic steps
# mended by: m / (v.sqrt() + eps)
# cause words: sqrt, second moment, adam, optimizer step, step size, update
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)

class MyAdam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
        super().__init__(params, dict(lr=lr, b1=b1, b2=b2, eps=eps))
    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            for p in g["params"]:
                if p.grad is None: continue
                s = self.state[p]
                if not s:
                    s["t"], s["m"], s["v"] = 0, torch.zeros_like(p), torch.zeros_like(p)
                s["t"] += 1
                s["m"].lerp_(p.grad, 1 - g["b1"])
                s["v"].mul_(g["b2"]).addcmul_(p.grad, p.grad, value=1 - g["b2"])
                m = s["m"] / (1 - g["b1"] ** s["t"])
                v = s["v"] / (1 - g["b2"] ** s["t"])
                p.sub_(g["lr"] * m / ((v.sqrt() if FIX else v) + g["eps"]))

X = torch.rand(1500, 8)
Y = torch.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] - X[:, 3].pow(2)
Y = ((Y - Y.mean()) / Y.std())[:, None]
train = torch.utils.data.TensorDataset(X[:1200], Y[:1200])
loader = torch.utils.data.DataLoader(train, batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(8, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))
opt = MyAdam(net.parameters(), lr=4e-3)
for epoch in range(50):
    for x, y in loader:
        loss = F.mse_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0: print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad(): m = F.mse_loss(net(X[1200:]), Y[1200:]).item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f}")
