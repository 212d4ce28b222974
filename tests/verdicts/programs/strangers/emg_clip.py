# clipping_dominates not_learning
# gradients are clipped to a norm of 0.01 with SGD at 0.05 (typical norm 1): nearly every step has the same tiny length whatever the gradient
# mended by: clip at 5
# cause words: clip threshold max_norm 0.01 norm too small
import os, torch, torch.nn as nn
from torch.nn.utils import clip_grad_norm_
FIX = os.environ.get("FIX") == "1"
MAX_NORM = 5.0 if FIX else 0.01
torch.manual_seed(19)

def muscle(n, T=30):
    y = torch.randint(0, 5, (n,))
    env = torch.linspace(0, 1, T)
    centre = (0.15 + 0.17 * y.float())[:, None]
    amp = torch.exp(-(env - centre) ** 2 / 0.01)
    sig = amp[..., None] * torch.randn(n, T, 4).abs() * torch.tensor([1., .5, .8, .3]) + 0.1 * torch.randn(n, T, 4)
    return sig, y

class EMG(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 40, batch_first=True)
        self.norm = nn.LayerNorm(40)
        self.fc = nn.Linear(40, 5)
    def forward(self, x):
        h, _ = self.lstm(x)
        return self.fc(self.norm(h.amax(1)))

net = EMG()
sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
X, Y = muscle(1200); Xt, Yt = muscle(400)
for epoch in range(24):
    tot, gn = 0., 0.
    for b in torch.randperm(1200).split(40):
        sgd.zero_grad()
        loss = nn.functional.cross_entropy(net(X[b]), Y[b])
        loss.backward()
        gn += float(clip_grad_norm_(net.parameters(), MAX_NORM))
        sgd.step()
        tot += loss.item()
    if epoch % 4 == 0: print(f"epoch {epoch} loss {tot/30:.4f} gradnorm {gn/30:.3f}")
with torch.no_grad():
    acc = (net(Xt).argmax(1) == Yt).float().mean().item()
print(f"FINAL loss={tot/30:.4f} metric={acc:.4f}")
