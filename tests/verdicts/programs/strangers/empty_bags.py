# nonfinite
# A bag with zero instances (Poisson length) leaves a softmax row whose logits are all -inf, giving NaN attention, NaN loss and then NaN weights.
# mended by: ensure bag length >= 1 (or guard fully masked rows)
"""Multiple-instance classification with gated attention pooling over padded bags."""
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
rng = np.random.default_rng(7)


class BagDataset(Dataset):
    def __init__(self, n=4000, dim=16, mean_len=7.0):
        self.w = rng.normal(size=dim).astype(np.float32)
        self.bags, self.labels = [], []
        for _ in range(n):
            k = rng.poisson(mean_len)
            if FIX:
                k = max(k, 1)
            x = rng.normal(size=(k, dim)).astype(np.float32)
            y = int(k > 0 and (x @ self.w).max() > 5.0)
            self.bags.append(torch.from_numpy(x))
            self.labels.append(y)

    def __len__(self):
        return len(self.bags)

    def __getitem__(self, i):
        return self.bags[i], self.labels[i]


def collate(items):
    lens = torch.tensor([b.shape[0] for b, _ in items])
    m = int(lens.max())
    x = torch.zeros(len(items), m, items[0][0].shape[1])
    for i, (b, _) in enumerate(items):
        x[i, : b.shape[0]] = b
    mask = torch.arange(m)[None] < lens[:, None]
    return x, mask, torch.tensor([y for _, y in items]).float()


class GatedAttentionMIL(nn.Module):
    def __init__(self, dim=16, hid=64):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(dim, hid), nn.ReLU(), nn.Linear(hid, hid), nn.ReLU())
        self.att_v = nn.Linear(hid, 32)
        self.att_u = nn.Linear(hid, 32)
        self.att_w = nn.Linear(32, 1)
        self.head = nn.Linear(hid, 1)

    def forward(self, x, mask):
        h = self.enc(x)
        s = self.att_w(torch.tanh(self.att_v(h)) * torch.sigmoid(self.att_u(h))).squeeze(-1)
        a = torch.softmax(s.masked_fill(~mask, float("-inf")), dim=1)
        return self.head((a.unsqueeze(-1) * h).sum(1)).squeeze(-1)


def main():
    loader = DataLoader(BagDataset(), batch_size=32, shuffle=True, collate_fn=collate)
    model = GatedAttentionMIL()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    hist, acc = [], []
    for epoch in range(4):
        for x, mask, y in loader:
            logit = model(x, mask)
            loss = F.binary_cross_entropy_with_logits(logit, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            hist.append(loss.item())
            acc.append(((logit > 0).float() == y).float().mean().item())
            if len(hist) % 50 == 1:
                print(len(hist) - 1, hist[-1])
    k = len(hist) // 10
    print(f"FINAL loss={np.mean(hist[-k:]):.4f} metric={np.mean(acc[-k:]):.4f}")


main()
