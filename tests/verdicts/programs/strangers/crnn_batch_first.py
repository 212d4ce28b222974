# miswired not_learning
# text-line recogniser changed to batch_first=True, but the feature map is still handed over as [width, batch, channels]: the LSTM runs along the batch instead of along the line
# mended by: features permuted to [batch, width, channels]
# cause words: batch_first permute order dimension axis sequence
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
W, H, C = 12, 8, 5


def lines(n):
    """Each column block shows one of C marks; the label at t is the mark seen most recently that is not blank (0)."""
    m = torch.randint(1, C, (n, W)) * (torch.rand(n, W) < 0.35)
    m[:, 0] = torch.randint(1, C, (n,))
    img = torch.zeros(n, 1, H, W * 2)
    for c in range(1, C):
        hit = (m == c).repeat_interleave(2, 1).float()
        img[:, 0, c * 2 - 2:c * 2] += hit[:, None]
    lab = m.clone()
    for t in range(1, W):
        lab[:, t] = torch.where(m[:, t] == 0, lab[:, t - 1], m[:, t])
    return img + 0.2 * torch.randn_like(img), lab


class CRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 16, (3, 3), padding=1), nn.ReLU(), nn.MaxPool2d((1, 2)),
                                 nn.Conv2d(16, 32, (H, 1)), nn.BatchNorm2d(32), nn.ReLU())
        self.rnn = nn.LSTM(32, 48, batch_first=True)
        self.fc = nn.Linear(48, C)

    def forward(self, x):
        f = self.cnn(x).squeeze(2)
        if FIX:
            out, _ = self.rnn(f.permute(0, 2, 1))
            return self.fc(out)
        out, _ = self.rnn(f.permute(2, 0, 1))
        return self.fc(out).permute(1, 0, 2)


net = CRNN()
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
run = None
for step in range(700):
    x, y = lines(24)
    loss = F.cross_entropy(net(x).reshape(-1, C), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = loss.item() if run is None else 0.97 * run + 0.03 * loss.item()
    if step % 100 == 0:
        print(step, round(run, 4))
net.eval()
x, y = lines(300)
acc = (net(x).argmax(-1) == y).float().mean()
print(f"FINAL loss={run:.4f} metric={acc:.3f}")
