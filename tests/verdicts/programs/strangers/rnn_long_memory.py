# vanishing_gradient
# a plain tanh RNN must remember the first of 60 inputs: the gradient through time dies before it reaches the step that matters
# mended by: LSTM with a forget-gate bias of 3
# cause words: vanish, long, time steps, LSTM, memory, recurrent
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)
T = 60


def batch(n):
    x = torch.randn(n, T, 2) * 0.3
    y = torch.randint(0, 4, (n,))
    x[:, 0, 0] = (y // 2).float() * 2 - 1
    x[:, 0, 1] = (y % 2).float() * 2 - 1
    return x, y


class Memory(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        if FIX:
            self.rnn = nn.LSTM(2, hidden, batch_first=True)
            for name, p in self.rnn.named_parameters():
                if "bias_ih" in name:
                    p.data[hidden:2 * hidden].fill_(3.0)
        else:
            self.rnn = nn.RNN(2, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 4)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(out[:, -1])


model = Memory()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
seen = 0
for step in range(1, 801):
    x, y = batch(32)
    out = model(x)
    loss = criterion(out, y)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(1000)
    out = model(x)
print(f"FINAL loss={criterion(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean().item():.4f}")
