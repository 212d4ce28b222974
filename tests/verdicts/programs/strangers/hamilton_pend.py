# healthy
# Hamiltonian net: the dynamics are derivatives of the scalar output with respect to the input (double backward); the last bias gets no gradient since a constant in H changes nothing.
import torch, torch.nn as nn
torch.manual_seed(19)
torch.set_default_dtype(torch.float64)
def true_field(s):
    q1, q2, p1, p2 = s.unbind(-1)
    k = 1.2
    return torch.stack([p1, p2 / 1.5, -torch.sin(q1) - k * (q1 - q2), -0.8 * torch.sin(q2) + k * (q1 - q2)], -1)
def rk4(f, s, dt):
    a = f(s); b = f(s + dt / 2 * a); c = f(s + dt / 2 * b); d = f(s + dt * c)
    return s + dt / 6 * (a + 2 * b + 2 * c + d)
def trajectories(n, T, dt=0.1):
    s = (torch.rand(n, 4) * 2 - 1) * torch.tensor([1.5, 1.5, 1.0, 1.0])
    out = [s]
    for _ in range(T):
        s = rk4(true_field, s, dt)
        out.append(s)
    return torch.stack(out, 1)
class HNN(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1))
        for m in self.net:
            if isinstance(m, nn.Linear):
                nn.init.orthogonal_(m.weight)
    def forward(self, s):
        with torch.enable_grad():
            if not s.requires_grad:
                s = s.requires_grad_()
            H = self.net(s).sum()
            dH, = torch.autograd.grad(H, s, create_graph=True)
        dq, dp = dH.chunk(2, -1)
        return torch.cat([dp, -dq], -1)
data = trajectories(120, 30)
data = data + 0.002 * torch.randn_like(data)
net = HNN()
opt = torch.optim.Adam(net.parameters(), lr=3e-3, betas=(0.9, 0.98))
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9955)
for step in range(500):
    i, t = torch.randint(0, 120, (96,)), torch.randint(0, 28, (96,))
    s = data[i, t]
    loss = 0.0
    for k in range(1, 3):
        s = rk4(net, s, 0.1)
        loss = loss + ((s - data[i, t + k]) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step(); sched.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.3e}")
test = trajectories(40, 60)
s, err = test[:, 0], 0.0
for k in range(1, 61):
    s = rk4(net, s.detach(), 0.1)
    err = err + ((s - test[:, k]) ** 2).mean().item() / 60
print(f"FINAL loss={err:.5f} metric={1 - err / test.var().item():.4f}")
