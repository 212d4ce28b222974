# exploding_gradient
# a relu-RNN whose recurrent matrix is initialised with gain 2.2: the state and the gradients grow with every time step, no clipping
# mended by: orthogonal recurrent init and gradient clipping
# cause words: recurrent initialisation init gain spectral orthogonal
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
HID, T, BS, LR = 64, 30, 64, 1e-3
class AddingRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(2, HID, nonlinearity="relu", batch_first=True)
        self.fc = nn.Linear(HID, 1)
        self.reset_parameters()
    def reset_parameters(self):
        nn.init.xavier_uniform_(self.rnn.weight_ih_l0)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        if FIX:
            nn.init.eye_(self.rnn.weight_hh_l0)
        else:
            nn.init.orthogonal_(self.rnn.weight_hh_l0, gain=2.2)
    def forward(self, x):
        h, _ = self.rnn(x)
        return self.fc(h[:, -1])
def adding(n):
    v = torch.rand(n, T)
    m = torch.zeros(n, T)
    a = torch.randint(0, T // 2, (n,)); b = torch.randint(T // 2, T, (n,))
    m[torch.arange(n), a] = 1; m[torch.arange(n), b] = 1
    return torch.stack([v, m], -1), (v * m).sum(1, keepdim=True)
model = AddingRNN()
opt = torch.optim.Adam(model.parameters(), lr=LR)
loss_fn = nn.MSELoss()
for step in range(1200):
    x, y = adding(BS)
    loss = loss_fn(model(x), y)
    opt.zero_grad()
    loss.backward()
    if FIX:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 200 == 0:
        print(step, loss.item())
with torch.no_grad():
    x, y = adding(1000)
    mae = (model(x) - y).abs().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={mae:.4f}")
