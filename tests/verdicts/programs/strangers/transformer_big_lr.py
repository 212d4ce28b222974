# not_learning plateau vanishing_gradient
# Adam with lr=0.1, taken over from an SGD recipe, on a transformer: stuck at chance
# mended by: lr=2e-3
# cause words: learning rate lr
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)
V, L = 20, 10


class Reverser(nn.Module):
    """predict the reversed sequence, non-autoregressive"""
    def __init__(self, d=32):
        super().__init__()
        self.tok = nn.Embedding(V, d)
        self.pos = nn.Parameter(torch.randn(1, L, d) * 0.1)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(d, V)

    def forward(self, x):
        return self.out(self.enc(self.tok(x) + self.pos))


def get_batch(bs=32):
    x = torch.randint(0, V, (bs, L))
    return x, x.flip(1)


model = Reverser()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3 if FIX else 0.1)
crit = nn.CrossEntropyLoss()
model.train()
ls, ac = [], []
for step in range(800):
    x, y = get_batch()
    logits = model(x)
    loss = crit(logits.view(-1, V), y.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    ls.append(loss.item()); ac.append((logits.argmax(-1) == y).float().mean().item())
    if step % 100 == 0:
        print(f"| step {step:4d} | loss {loss.item():.3f} | acc {ac[-1]:.3f}")
print(f"FINAL loss={sum(ls[-30:]) / 30:.4f} metric={sum(ac[-30:]) / 30:.4f}")
