# healthy
# bf16 autocast, gradients gathered over 4 micro-batches, half of the features dropped, training loss stays above the validation loss; best checkpoint kept
import copy
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(12)
V, C = 50, 4
topic = torch.randn(C, V).mul(1.2).softmax(1)


def docs(n):
    y = torch.randint(0, C, (n,))
    return torch.multinomial(topic[y], 20, replacement=True), y


class Enc(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.e = nn.Embedding(V, d)
        self.cls = nn.Parameter(torch.zeros(1, 1, d))
        self.t = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 2, 64, 0.3, batch_first=True, norm_first=True), 1, enable_nested_tensor=False)
        self.drop, self.o = nn.Dropout(0.5), nn.Linear(d, C)

    def forward(self, x):
        h = torch.cat([self.cls.expand(len(x), -1, -1), self.e(x)], 1)
        return self.o(self.drop(self.t(h)[:, 0]))


net = Enc()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
vx, vy = docs(500)
best, keep = 9e9, None
for step in range(300):
    opt.zero_grad()
    run = 0.0
    for _ in range(4):
        x, y = docs(16)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(x)
        loss = F.cross_entropy(out.float(), y) / 4
        loss.backward()
        run += loss.item()
    opt.step()
    if step % 30 == 29:
        net.eval()
        with torch.no_grad():
            v = F.cross_entropy(net(vx), vy).item()
        net.train()
        if v < best:
            best, keep = v, copy.deepcopy(net.state_dict())
        print(f"{step} train {run:.4f} val {v:.4f}")
net.load_state_dict(keep)
net.eval()
with torch.no_grad():
    print(f"FINAL loss={best:.4f} metric={(net(vx).argmax(1) == vy).float().mean():.3f}")
