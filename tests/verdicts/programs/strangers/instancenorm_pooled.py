# output_cannot_change
# speech-command model: a hand-written per-sample normalisation is applied after pooling over time along the (now length-one) time axis, so every feature becomes zero and the logits do not depend on the network or the input (only the last bias moves)
# mended by: normalising over time before pooling
# cause words: norm constant zero pool time length
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
C, T, K = 16, 40, 6
pat = torch.randn(K, C, 8)


def clips(n):
    y = torch.randint(0, K, (n,))
    x = torch.randn(n, C, T) * 0.5
    off = torch.randint(0, T - 8, (n,))
    for i in range(n):
        x[i, :, off[i]:off[i] + 8] += pat[y[i]]
    return x, y


class TimeNorm(nn.Module):
    def forward(self, h):
        mu = h.mean(-1, keepdim=True)
        sd = ((h - mu) ** 2).mean(-1, keepdim=True).add(1e-5).sqrt()
        return (h - mu) / sd


class Speech(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(C, 32, 5, padding=2)
        self.c2 = nn.Conv1d(32, 48, 5, padding=2)
        self.norm = TimeNorm()
        self.fc = nn.Linear(48, K)

    def forward(self, x):
        h = torch.relu(self.c1(x))
        if FIX:
            h = torch.relu(self.norm(self.c2(h))).amax(-1)
        else:
            h = self.norm(torch.relu(self.c2(h)).amax(-1, keepdim=True)).squeeze(-1)
        return self.fc(h)


net = Speech()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 4e-3, total_steps=500)
for step in range(500):
    x, y = clips(32)
    loss = nn.functional.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(step, loss.item())
x, y = clips(600)
acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
