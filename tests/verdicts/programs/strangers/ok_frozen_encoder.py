# healthy
# most of the network is frozen on purpose (random features as an echo state network), only the readout learns
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
T, H = 30, 150
t = torch.arange(6000) * 0.1
series = torch.sin(t) * torch.cos(0.31 * t) + 0.02 * torch.randn(6000)


class Echo(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(1, H, batch_first=True)
        with torch.no_grad():
            w = torch.randn(H, H)
            self.rnn.weight_hh_l0.copy_(0.9 * w / torch.linalg.eigvals(w).abs().max())
            self.rnn.weight_ih_l0.uniform_(-0.5, 0.5)
        self.rnn.requires_grad_(False)
        self.out = nn.Linear(H, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


net = Echo()
opt = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=3e-3)
for step in range(800):
    i = torch.randint(0, 5000, (64,))
    x = series[i[:, None] + torch.arange(T)][..., None]
    loss = F.mse_loss(net(x), series[i + T + 5][:, None])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.5f}")
with torch.no_grad():
    i = torch.arange(5000, 5900)
    x, y = series[i[:, None] + torch.arange(T)][..., None], series[i + T + 5][:, None]
    r2 = 1 - F.mse_loss(net(x), y).item() / y.var().item()
print(f"FINAL loss={loss.item():.5f} metric={r2:.4f} (test r2)")
