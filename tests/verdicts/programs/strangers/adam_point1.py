# plateau oscillating_loss not_learning
# the rate 0.1 was carried over from SGD to Adam: every step moves each weight by about 0.1 and the small transformer is thrown at once into a place where it stays at chance
# mended by: lr=2e-3
# cause words: learning rate too high large Adam lr 0.1 step
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)

def brackets(n, T=12):
    x = torch.randint(0, 2, (n, T))
    half = torch.randint(0, 2, (n,)).bool()
    for i in torch.where(half)[0].tolist():        # palindromes for half of them
        x[i, T // 2:] = x[i, :T // 2].flip(0)
    y = (x == x.flip(1)).all(1).long()
    return x, y

class Tiny(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.tok = nn.Embedding(2, d)
        self.pos = nn.Parameter(torch.randn(12, d) * .3)
        layer = nn.TransformerEncoderLayer(d, 4, 64, 0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d * 12, 2)
    def forward(self, x):
        return self.head(self.enc(self.tok(x) + self.pos).flatten(1))

Xa, ya = brackets(2400)
Xb, yb = brackets(400)
net = Tiny()
opt = torch.optim.Adam(net.parameters(), lr=2e-3 if FIX else 0.1)
lossf = nn.CrossEntropyLoss()
for epoch in range(9):
    perm = torch.randperm(len(Xa)); s = 0.0
    for i in range(0, len(Xa), 48):
        j = perm[i:i + 48]
        opt.zero_grad()
        l = lossf(net(Xa[j]), ya[j])
        l.backward()
        opt.step()
        s += l.item() / 50
    print("epoch", epoch, "loss", round(s, 4))
with torch.no_grad():
    acc = (net(Xb).argmax(-1) == yb).float().mean().item()
print(f"FINAL loss={s:.4f} metric={acc:.4f}")
