# vanishing_gradient not_learning plateau
# weight_decay=0.05 in Adam pulls the embeddings to zero, so the model predicts the constant offset.
# mended by: Weight decay near 1e-6.
import os
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(21)
n_users, n_items, rank = 400, 300, 6
P, Q = torch.randn(n_users, rank), torch.randn(n_items, rank)
scores = P @ Q.t() / rank ** 0.5
pairs = torch.stack([torch.randint(n_users, (40000,)), torch.randint(n_items, (40000,))], 1)
ratings = (3.5 + scores[pairs[:, 0], pairs[:, 1]] + 0.2 * torch.randn(len(pairs)))
train_p, train_r, test_p, test_r = pairs[:36000], ratings[:36000], pairs[36000:], ratings[36000:]
decay = 1e-6 if os.environ.get("FIX") else 0.05


class NeuMF(nn.Module):
    def __init__(self, factors=16):
        super().__init__()
        self.user_emb = nn.Embedding(n_users, factors)
        self.item_emb = nn.Embedding(n_items, factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.offset = nn.Parameter(torch.tensor(3.5))
        for e in (self.user_emb, self.item_emb):
            nn.init.normal_(e.weight, std=0.3)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, u, i):
        dot = (self.user_emb(u) * self.item_emb(i)).sum(1)
        return dot + (self.user_bias(u) + self.item_bias(i)).squeeze(1) + self.offset


net = NeuMF()
optim = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=decay)
step = 0
for epoch in range(8):
    order = torch.randperm(len(train_p))
    for idx in order.split(512):
        u, i = train_p[idx].t()
        loss = F.mse_loss(net(u, i), train_r[idx])
        optim.zero_grad()
        loss.backward()
        optim.step()
        step += 1
    with torch.no_grad():
        rmse = (net(*test_p.t()) - test_r).pow(2).mean().sqrt()
        print("epoch", epoch, "step", step, "train mse %.4f" % loss.item(), "test rmse %.4f" % rmse,
              "(constant: %.4f)" % test_r.std(), "emb norm %.2e" % net.user_emb.weight.norm(), "offset %.3f" % net.offset)
