# healthy
# word vectors with sparse gradients: nearly all rows of the table get no gradient at a step, and the loss starts at its chance level and falls slowly; neighbours are found
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, D, GROUPS, NEG = 1000, 16, 25, 5
group = torch.randint(0, GROUPS, (V,))
members = [torch.nonzero(group == g).squeeze(1) for g in range(GROUPS)]


def pairs(n):
    w = torch.randint(0, V, (n,))
    c = torch.stack([members[int(group[i])][torch.randint(0, len(members[int(group[i])]), (1,))][0] for i in w])
    return w, c, torch.randint(0, V, (n, NEG))


class SkipGram(nn.Module):
    def __init__(self):
        super().__init__()
        self.u = nn.Embedding(V, D, sparse=True)
        self.v = nn.Embedding(V, D, sparse=True)
        nn.init.uniform_(self.u.weight, -0.5 / D, 0.5 / D)
        nn.init.uniform_(self.v.weight, -0.5 / D, 0.5 / D)

    def forward(self, w, c, neg):
        u = self.u(w)
        pos = (u * self.v(c)).sum(1)
        n = torch.einsum("bd,bkd->bk", u, self.v(neg))
        return -(F.logsigmoid(pos) + F.logsigmoid(-n).sum(1)).mean()


net = SkipGram()
opt = torch.optim.SparseAdam(list(net.parameters()), lr=5e-3)
avg = None
for step in range(1000):
    loss = net(*pairs(128))
    opt.zero_grad()
    loss.backward()
    opt.step()
    avg = loss.item() if avg is None else 0.98 * avg + 0.02 * loss.item()
    if step % 150 == 0:
        print(f"step {step} loss {avg:.4f}")
with torch.no_grad():
    e = F.normalize(net.u.weight, dim=1)
    s = e @ e.T
    s.fill_diagonal_(-2)
    near = (group[s.topk(5, 1).indices] == group[:, None]).float().mean().item()
print(f"FINAL loss={avg:.4f} metric={near:.4f}")
