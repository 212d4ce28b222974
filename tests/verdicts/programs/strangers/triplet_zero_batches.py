# healthy
# Triplet hinge; loss and all gradients are exactly 0 on many late batches because the margin is met. metric = retrieval accuracy.
"""Metric learning, triplet hinge with random triplets: the loss reaches exactly 0 on many batches because the margin is met."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(33)
C, D = 12, 40
P = torch.randn(C, D)
def sample(y): return P[y] + 0.8 * torch.randn(len(y), D)
def triplets(n):
    y = torch.randint(0, C, (n,)); neg = (y + torch.randint(1, C, (n,))) % C
    return sample(y), sample(y), sample(neg)
net = nn.Sequential(nn.Linear(D, 96), nn.LeakyReLU(0.1), nn.Linear(96, 16))
emb = lambda x: F.normalize(net(x), dim=1)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
lossf = nn.TripletMarginLoss(margin=0.4)
hist = []
for step in range(450):
    a, p, n = triplets(96)
    loss = lossf(emb(a), emb(p), emb(n))
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 45 == 0: print(step, f"{loss.item():.5f}")
with torch.no_grad():
    ya = torch.randint(0, C, (1200,)); yb = torch.randint(0, C, (600,))
    A, B = emb(sample(ya)), emb(sample(yb))
    acc = (ya[(B @ A.t()).argmax(1)] == yb).float().mean().item()
print("batches with zero loss", sum(h == 0 for h in hist))
print(f"FINAL loss={sum(hist[-45:])/45:.6f} metric={acc:.4f}")
