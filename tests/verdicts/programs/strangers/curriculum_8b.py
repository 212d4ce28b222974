# healthy
# the loss rises each time the curriculum makes the sequences longer and noisier; at the end the hardest level is solved
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(44)
V = 8
def batch(L, noise, n=48):
    """report the token that follows the marker (token 0)"""
    s = torch.randint(1, V, (n, L))
    p = torch.randint(0, L - 1, (n,))
    s[torch.arange(n), p] = 0
    y = s[torch.arange(n), p + 1].clone()
    x = F.one_hot(s, V).float()
    return x + noise * torch.randn_like(x), y

class Reader(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.rnn, self.out = nn.GRU(V, h, batch_first=True), nn.Linear(h, V)
    def forward(self, x): return self.out(self.rnn(x)[0][:, -1])

net = Reader()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
levels = [(3, 0.0), (5, 0.1), (8, 0.15), (12, 0.2)]
step = 0
for k, (L, noise) in enumerate(levels):
    for i in range(350):
        x, y = batch(L, noise)
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad(); loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        if step % 70 == 0: print(f"level {k} step {step} loss {loss.item():.4f}")
        step += 1
x, y = batch(*levels[-1], n=1000)
with torch.no_grad(): acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
