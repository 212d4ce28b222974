# healthy
# VQ-VAE, straight-through, commitment; quantiser switched on at step 80 (codebook does not get gradients before that, small loss jump). metric = R2.
"""VQ-VAE: straight-through quantiser, codebook + commitment loss, quantiser switched on after 80 steps of plain autoencoding (small jump), codebook set from encodings."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(14)
D, K, Z, WARM = 32, 32, 8, 80
cent = torch.randn(12, 2) * 2
W1 = torch.randn(2, 24); W2 = torch.randn(24, D) / 24 ** .5

def batch(n):
    z = cent[torch.randint(0, 12, (n,))] + 0.2 * torch.randn(n, 2)
    return torch.tanh(z @ W1) @ W2 + 0.05 * torch.randn(n, D)

enc = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, Z))
dec = nn.Sequential(nn.Linear(Z, 64), nn.ReLU(), nn.Linear(64, D))
book = nn.Embedding(K, Z)

def quantise(z):
    i = torch.cdist(z, book.weight).argmin(1)
    q = book(i)
    return z + (q - z).detach(), F.mse_loss(q, z.detach()), F.mse_loss(z, q.detach()), i

params = [*enc.parameters(), *dec.parameters(), *book.parameters()]
opt = torch.optim.Adam(params, lr=2e-3)
hist = []
for step in range(600):
    x = batch(256)
    if step == WARM:
        with torch.no_grad(): book.weight.copy_(enc(batch(K)))
    if step < WARM:
        loss = F.mse_loss(dec(enc(x)), x); i = torch.zeros(0)
    else:
        q, cb, commit, i = quantise(enc(x))
        loss = F.mse_loss(dec(q), x) + cb + 0.25 * commit
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 40 == 0: print(step, f"{loss.item():.4f} codes {len(i.unique())}")
with torch.no_grad():
    x = batch(4000)
    r2 = 1 - (dec(quantise(enc(x))[0]) - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum()
print(f"FINAL loss={sum(hist[-60:])/60:.5f} metric={r2.item():.4f}")
