# vanishing_gradient plateau
# weights_init of a GAN recipe (normal 0, 0.02) is applied to a narrow nine-layer net without normalisation: signal and gradient shrink per layer to nothing
# mended by: kaiming initialisation
# cause words: initialisation init small 0.02 std shrink signal kaiming
import os, torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)

def weights_init(m):
    if isinstance(m, (nn.Conv1d, nn.Linear)):
        if FIX:
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        else:
            nn.init.normal_(m.weight, 0.0, 0.02)
        nn.init.zeros_(m.bias)

def ecg(n, T=64):
    y = torch.randint(0, 3, (n,))
    t = torch.arange(T).float()
    x = 0.15 * torch.randn(n, 1, T)
    for i in range(n):
        period = [12, 16, 21][y[i]]
        ph = torch.randint(0, period, (1,)).item()
        x[i, 0] += torch.exp(-(((t - ph) % period) - 4) ** 2 / 2.0) * 2
    return x, y

def block(a, b, stride):
    return [nn.Conv1d(a, b, 5, stride=stride, padding=2), nn.LeakyReLU(0.2)]

net = nn.Sequential(*block(1, 24, 1), *block(24, 24, 2), *block(24, 24, 1), *block(24, 32, 2), *block(32, 32, 1),
                    *block(32, 32, 2), *block(32, 32, 1), nn.Flatten(), nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 3))
net.apply(weights_init)
X, y = ecg(900); Xv, yv = ecg(300)
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(14):
    running = 0.0
    for b in torch.randperm(900).split(30):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(X[b]), y[b])
        loss.backward()
        opt.step()
        running += loss.item() / 30
    if epoch % 2 == 0: print(f"epoch {epoch}: {running:.4f}")
with torch.no_grad():
    acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={running:.4f} metric={acc:.4f}")
