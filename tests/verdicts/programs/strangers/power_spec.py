# saturated
# speech emotion classifier gets raw power spectra (values up to thousands, not log-mel) in front of tanh units: the first layer sits at +-1 for every frame
# mended by: log compression and per-bin standardisation
# cause words: log, power, normalise, scale, input, standardise
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
BINS, T, C = 16, 12, 4
shape = torch.randn(C, BINS) * 0.5

def spectra(n):
    y = torch.randint(0, C, (n,))
    loud = 1.0 * torch.randn(n, 1, 1)
    logp = 6.0 + shape[y][:, None] + loud + 0.7 * torch.randn(n, T, BINS)
    return logp.exp(), y

X, Y = spectra(1500)
Xt, Yt = spectra(500)
if FIX:
    mu, sd = X.log().mean((0, 1)), X.log().std((0, 1))
    X, Xt = (X.log() - mu) / sd, (Xt.log() - mu) / sd

class TDNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.frame = nn.Sequential(nn.Linear(BINS, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
        self.utt = nn.Sequential(nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, C))
    def forward(self, x): return self.utt(self.frame(x).mean(1))

net = TDNN()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=32, shuffle=True)
for ep in range(15):
    tot = 0.0
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
        tot += loss.item()
    if ep % 2 == 0: print(f"epoch {ep} {tot / len(loader):.4f}")
with torch.no_grad(): acc = (net(Xt).argmax(1) == Yt).float().mean().item()
print(f"FINAL loss={tot / len(loader):.4f} metric={acc:.3f}")
