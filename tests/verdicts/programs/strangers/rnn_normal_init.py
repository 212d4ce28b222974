# exploding_gradient
# Keras' RandomNormal initialiser was ported as nn.init.normal_ with its default std 1 on every parameter, the recurrent matrix has a radius of 5 and gradients explode through time
# mended by: the default (orthogonal recurrent) initialisation
# cause words: init, normal_, std, recurrent weight, orthogonal, too large
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(26)
np.random.seed(26)
HID, WIN = 24, 20

t = np.arange(4000)
load = np.sin(2 * np.pi * t / 50) + 0.4 * np.sin(2 * np.pi * t / 11 + 1) + 0.05 * np.random.randn(4000)
load = torch.tensor(load / load.std(), dtype=torch.float32)
windows = load.unfold(0, WIN + 1, 1)


class ElmanForecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(1, HID, nonlinearity="relu")
        self.fc = nn.Linear(HID, 1)
        self.reset_parameters()

    def reset_parameters(self):
        for name, p in self.named_parameters():
            if FIX:
                if "weight_hh" in name:
                    nn.init.orthogonal_(p)
            elif "weight" in name:
                nn.init.normal_(p)

    def forward(self, x):
        h = x.new_zeros(len(x), HID)
        for k in range(x.size(1)):
            h = self.cell(x[:, k:k + 1], h)
        return self.fc(h)[:, 0]


model = ElmanForecaster()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(900):
    w = windows[torch.randint(0, 3200, (32,))]
    loss = ((model(w[:, :-1]) - w[:, -1]) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} mse {loss.item():.5g}")
with torch.no_grad():
    w = windows[3300:]
    mse = ((model(w[:, :-1]) - w[:, -1]) ** 2).mean().item()
print(f"FINAL loss={loss.item():.5g} metric={mse:.5g} (validation mse, lower is better)")
