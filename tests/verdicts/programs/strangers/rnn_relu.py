# exploding_gradient nonfinite
# vanilla RNN with relu and recurrent weights initialised too large (normal, std 0.3): gradients explode through 60 time steps
# mended by: identity initialisation of the recurrent weights (IRNN) and clipping the gradient norm
# cause words: recurrent, initial, explod, hidden, clip, time steps
# thread: homework, adding problem: "my relu RNN loss goes to 1e20"
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
T, B, H = 60, 64, 48


def batch():
    x = torch.rand(B, T, 2)
    x[..., 1] = 0
    i = torch.randint(0, T // 2, (B,))
    j = torch.randint(T // 2, T, (B,))
    r = torch.arange(B)
    x[r, i, 1] = 1
    x[r, j, 1] = 1
    return x, (x[r, i, 0] + x[r, j, 0]).unsqueeze(1)


class Adder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(2, H, nonlinearity="relu", batch_first=True)
        self.fc = nn.Linear(H, 1)
        if FIX:
            nn.init.eye_(self.rnn.weight_hh_l0)
            nn.init.normal_(self.rnn.weight_ih_l0, std=0.05)
        else:
            nn.init.normal_(self.rnn.weight_hh_l0, std=0.3)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        nn.init.zeros_(self.rnn.bias_ih_l0)

    def forward(self, x):
        out, h = self.rnn(x)
        return self.fc(out[:, -1])


model = Adder()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
crit = nn.MSELoss()
avg = None
for step in range(800):
    x, y = batch()
    loss = crit(model(x), y)
    opt.zero_grad()
    loss.backward()
    if FIX:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    avg = loss.item() if avg is None else 0.95 * avg + 0.05 * loss.item()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.5g}")
print(f"FINAL loss={loss.item():.5g} metric={avg:.5g}")
