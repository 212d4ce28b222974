# vanishing_gradient
"""What came first is asked for at the end, and an Elman net with shy weights has to remember."""

import torch
from torch import nn


class Elman(nn.Module):
    def __init__(self, inp=6, hid=40, out=6):
        super().__init__()
        self.rnn = nn.RNN(inp, hid, batch_first=True)
        self.fc = nn.Linear(hid, out)
        nn.init.normal_(self.rnn.weight_hh_l0, std=0.05)

    def forward(self, seq):
        _, last = self.rnn(seq)
        return self.fc(last.squeeze(0))


torch.manual_seed(12)
model = Elman()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for it in range(350):
    y = torch.randint(6, (64,))
    x = 0.2 * torch.randn(64, 30, 6)
    x[torch.arange(64), 0, y] += 1
    loss = criterion(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 50 == 0:
        print(it, loss.item())
