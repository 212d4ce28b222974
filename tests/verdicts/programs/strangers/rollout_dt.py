# exploding_gradient nonfinite
# the learned simulator is rolled out over 40 steps with a time step of 0.25 (the step of the integrator's five sub-steps added up wrongly) instead of 0.05, so the rollout and its gradients grow with the horizon
# mended by: the true time step dt=0.05
# cause words: rollout dt unroll horizon steps backpropagation
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
DT = 0.05 if FIX else 0.25
HORIZON = 40


def pendulum(n, steps=HORIZON, dt=0.05):
    th = (torch.rand(n) - 0.5) * 3
    om = (torch.rand(n) - 0.5) * 2
    path = []
    for _ in range(steps + 1):
        path.append(torch.stack([th, om], 1))
        for _ in range(5):
            om = om - dt / 5 * (4.0 * torch.sin(th) + 0.1 * om)
            th = th + dt / 5 * om
    return torch.stack(path, 1)


class Dynamics(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 2))

    def forward(self, s, steps):
        out = []
        for _ in range(steps):
            s = s + DT * 2.0 * self.net(s)
            out.append(s)
        return torch.stack(out, 1)


data, test = pendulum(1024), pendulum(128)
model = Dynamics()
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 500)
for it in range(500):
    b = data[torch.randint(0, 1024, (64,))]
    pred = model(b[:, 0], HORIZON)
    loss = (pred - b[:, 1:]).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 50 == 0:
        print(f"it {it} rollout mse {loss.item():.5g}")
with torch.no_grad():
    err = (model(test[:, 0], HORIZON) - test[:, 1:]).pow(2).mean().item()
print(f"FINAL loss={loss.item():.5g} metric={err / test.var().item():.5g}")
