# exploding_gradient
# a ReLU RNN whose recurrent matrix is drawn with torch.randn (norm far above one), no clipping: gradients grow with every time step
# mended by: identity init scaled to 0.95 and clip_grad_norm_
# cause words: recurrent init clip spectral randn initialisation initialization explod
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)
H, T = 32, 24


class ReluRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.w_in = nn.Parameter(torch.randn(2, H) * 0.3)
        if FIX:
            self.w_h = nn.Parameter(torch.eye(H) * 0.95)
        else:
            self.w_h = nn.Parameter(torch.randn(H, H) * 0.5)
        self.b = nn.Parameter(torch.zeros(H))
        self.readout = nn.Linear(H, 1)

    def forward(self, x):
        h = x.new_zeros(x.size(0), H)
        for t in range(x.size(1)):
            h = torch.relu(x[:, t] @ self.w_in + h @ self.w_h + self.b)
        return self.readout(h).squeeze(1)


def adding_problem(n):
    v = torch.rand(n, T)
    m = torch.zeros(n, T)
    i = torch.randint(0, T // 2, (n,)); j = torch.randint(T // 2, T, (n,))
    r = torch.arange(n)
    m[r, i] = 1; m[r, j] = 1
    return torch.stack([v, m], 2), v[r, i] + v[r, j]


net = ReluRNN()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
recent = []
for it in range(1200):
    x, y = adding_problem(64)
    loss = nn.functional.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    if FIX:
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    recent.append(loss.item())
    if it % 150 == 0:
        print(f"it {it} mse {loss.item():.5g} (predicting the mean gives 0.167)")
tail = sorted(recent[-100:])[50]
print(f"FINAL loss={recent[-1]:.5g} metric={tail:.5g}")
