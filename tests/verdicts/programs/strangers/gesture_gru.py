# miswired
# the GRU is built without batch_first although the data are (batch, time, feature): it runs over the batch and sees the last time step only
# mended by: batch_first=True
# cause words: batch_first time batch axis dimension order sequence
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(31)

def recordings(n, T=20):
    cls = torch.randint(0, 4, (n,))
    t = torch.linspace(0, 1, T)
    start = torch.randn(n, 1) * 0.5
    fr = torch.tensor([1., 2., 3., 4.])[cls][:, None]
    a = torch.sin(6.2832 * fr * t + start) + 0.2 * torch.randn(n, T)
    b = torch.cos(6.2832 * fr * t + start) + 0.2 * torch.randn(n, T)
    return torch.stack([a, b], -1), cls

class GestureNet(nn.Module):
    def __init__(self, feat=2, hidden=32, classes=4):
        super().__init__()
        self.rnn = nn.GRU(feat, hidden, num_layers=1, batch_first=FIX)
        self.drop = nn.Dropout(0.1)
        self.cls = nn.Linear(hidden, classes)
    def forward(self, x):
        out, _ = self.rnn(x)
        return self.cls(self.drop(out[:, -1]))

x, y = recordings(1500)
xt, yt = recordings(500)
model = GestureNet()
optimiser = torch.optim.RMSprop(model.parameters(), lr=2e-3)
for epoch in range(10):
    model.train()
    hits = tot = 0
    for k in torch.randperm(1500).chunk(50):
        logits = model(x[k])
        loss = nn.functional.cross_entropy(logits, y[k])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        hits += (logits.argmax(1) == y[k]).sum().item(); tot += loss.item()
    print(f"epoch {epoch} loss {tot/50:.3f} acc {hits/1500:.3f}")
model.eval()
acc = (model(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={tot/50:.4f} metric={acc:.4f}")
