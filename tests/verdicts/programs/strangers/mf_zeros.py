# vanishing_gradient plateau
# matrix factorisation: both embedding tables start at zero, each one's gradient is the other's value = 0 (only the biases learn)
# mended by: normal_(std=0.1)
# cause words: zero init initialisation initialization embedding zeros symmetric
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
U, I, K = 200, 120, 4
true_u, true_i = torch.randn(U, K), torch.randn(I, K)
n = 9000
u = torch.randint(0, U, (n,))
i = torch.randint(0, I, (n,))
r = 3.0 + 0.7 * (true_u[u] * true_i[i]).sum(1) + 0.1 * torch.randn(n)
train = DataLoader(TensorDataset(u[:8000], i[:8000], r[:8000]), batch_size=200, shuffle=True)


class MF(nn.Module):
    def __init__(self, n_users, n_items, dim=8):
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.item = nn.Embedding(n_items, dim)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.mu = nn.Parameter(torch.zeros(1))
        self.reset()

    def reset(self):
        for table in (self.user, self.item):
            if FIX:
                nn.init.normal_(table.weight, std=0.1)
            else:
                nn.init.zeros_(table.weight)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, u, i):
        dot = (self.user(u) * self.item(i)).sum(-1)
        return dot + self.user_bias(u).squeeze(-1) + self.item_bias(i).squeeze(-1) + self.mu


model = MF(U, I)
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(40):
    tot = 0.0
    for ub, ib, rb in train:
        loss = (model(ub, ib) - rb).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(train)
    if epoch % 5 == 0:
        print(f"epoch {epoch} mse {tot:.4f}")
with torch.no_grad():
    rmse = (model(u[8000:], i[8000:]) - r[8000:]).pow(2).mean().sqrt().item()
print(f"FINAL loss={tot:.4f} metric={rmse:.4f} (test RMSE, spread of ratings {r.std().item():.2f})")
