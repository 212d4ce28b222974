# healthy
# late in training most triplets meet the margin, so that a good part of the batches has a loss and a gradient of exactly zero; the retrieval is right
import torch, torch.nn as nn, torch.nn.functional as F


torch.manual_seed(38)
C = 20
mu = torch.randn(C, 10)
mix = torch.randn(20, 20) / 4

def sample(y):
    return torch.tanh(torch.cat([mu[y] + 0.15 * torch.randn(len(y), 10), torch.randn(len(y), 10)], 1) @ mix * 2)
net = nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 16))
opt = torch.optim.Adam(net.parameters(), lr=0.002)
zero = 0
emb = lambda x: F.normalize(net(x), dim=1)
for s in range(1800):
    y = torch.randint(0, C, (24,))
    n = (y + torch.randint(1, C, (24,))) % C
    loss = F.triplet_margin_loss(emb(sample(y)), emb(sample(y)), emb(sample(n)), margin=0.2)
    opt.zero_grad()
    loss.backward()
    opt.step()
    zero += loss.item() == 0
    if s % 200 == 0:
        print(s, f'loss {loss.item():.4f} zero batches {zero}')
with torch.no_grad():
    yg = torch.arange(C).repeat(10)
    yq = torch.randint(0, C, (500,))
    acc = (yg[(emb(sample(yq)) @ emb(sample(yg)).T).argmax(1)] == yq).float().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={acc:.4f}')
