# healthy
# a softmax over dimension 0, the rows of the loss: it is the second direction of a two-way contrastive loss, written out with log_softmax(dim=0)
# rule: D
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(6)
B, Z = 64, 6
mix_a = torch.randn(Z, 20)
mix_b = torch.randn(Z, 30)


def pairs(n=B):
    z = torch.randn(n, Z)
    a = torch.tanh(z @ mix_a) + 0.1 * torch.randn(n, 20)
    b = torch.tanh(z @ mix_b) + 0.1 * torch.randn(n, 30)
    return a, b


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 16))
        self.b = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 16))
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, a, b):
        u = F.normalize(self.a(a), dim=1)
        v = F.normalize(self.b(b), dim=1)
        return self.scale.exp() * u @ v.t()


net = Two()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(900):
    sim = net(*pairs())
    rows = -F.log_softmax(sim, dim=1).diagonal()
    cols = -F.log_softmax(sim, dim=0).diagonal()
    loss = 0.5 * (rows + cols).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    sim = net(*pairs(200))
    truth = torch.arange(200)
    top = 0.5 * ((sim.argmax(1) == truth).float().mean() + (sim.argmax(0) == truth).float().mean())
print(f"FINAL loss={loss.item():.4f} metric={top.item():.4f} (retrieval among 200, held out)")
