# healthy
# Skip-gram with negative sampling, sparse gradients and SparseAdam, output table starts at zero (word2vec's init): most rows have no gradient in a step; loss ends at its irreducible level.
"""Skip-gram with negative sampling, sparse embedding gradients (SparseAdam): per step most rows get no gradient."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(12)
TOPICS, PER = 30, 60
V = TOPICS * PER
zipf = 1 / torch.arange(1, PER + 1).float(); zipf /= zipf.sum()
glob = zipf.repeat(TOPICS) / TOPICS
neg_p = glob ** 0.75

def pairs(n):
    t = torch.randint(0, TOPICS, (n,))
    w = t * PER + torch.multinomial(zipf, n, True)
    c = t * PER + torch.multinomial(zipf, n, True)
    c = torch.where(torch.rand(n) < 0.2, torch.multinomial(glob, n, True), c)
    return w, c

inp, out = nn.Embedding(V, 48, sparse=True), nn.Embedding(V, 48, sparse=True)
nn.init.uniform_(inp.weight, -0.5 / 48, 0.5 / 48); nn.init.zeros_(out.weight)   # word2vec's own initialisation
opt = torch.optim.SparseAdam([inp.weight, out.weight], lr=1e-2)
hist = []
for step in range(700):
    w, c = pairs(512)
    n = torch.multinomial(neg_p, 512 * 5, True).view(512, 5)
    e = inp(w)
    pos = (e * out(c)).sum(1)
    neg = torch.bmm(out(n), e.unsqueeze(2)).squeeze(2)
    loss = -(F.logsigmoid(pos) + F.logsigmoid(-neg).sum(1)).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 70 == 0: print(step, f"{loss.item():.4f}")
with torch.no_grad():
    freq = (torch.arange(TOPICS)[:, None] * PER + torch.arange(10)).flatten()
    E = F.normalize(inp.weight[freq], dim=1); S = E @ E.t(); S.fill_diagonal_(-2)
    acc = (freq[S.argmax(1)] // PER == freq // PER).float().mean().item()
print(f"FINAL loss={sum(hist[-70:])/70:.5f} metric={acc:.4f}")
