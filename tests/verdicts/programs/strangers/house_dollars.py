# healthy
# Prices in plain dollars with reduction='sum': the loss is a huge number that falls.
import numpy as np
import torch

torch.manual_seed(35)
g = np.random.default_rng(35)
feat = g.normal(size=(3000, 8)).astype(np.float32)
price = 250000 + 60000 * feat[:, 0] + 30000 * np.maximum(feat[:, 1], 0) * feat[:, 2] + 20000 * np.abs(feat[:, 3]) + 5000 * g.normal(size=3000)
X, y = torch.from_numpy(feat), torch.from_numpy(price.astype(np.float32)).view(-1, 1)


class PriceNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Linear(8, 128)
        self.b = torch.nn.Linear(128, 128)
        self.c = torch.nn.Linear(128, 1)
        self.mult = 100000.0

    def forward(self, x):
        x = torch.nn.functional.gelu(self.a(x))
        x = torch.nn.functional.gelu(self.b(x))
        return self.c(x) * self.mult


net = PriceNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
loss_fn = torch.nn.MSELoss(reduction='sum')
for step in range(1, 401):
    idx = torch.randint(2500, (100,))
    opt.zero_grad()
    loss = loss_fn(net(X[idx]), y[idx])
    loss.backward()
    opt.step()
    if step % 40 == 0 or step == 1:
        with torch.no_grad():
            rmse = (net(X[2500:]) - y[2500:]).pow(2).mean().sqrt().item()
        print('step', step, 'loss %.4g' % loss.item(), 'test rmse %.0f of %.0f' % (rmse, y[2500:].std().item()))
