# output_cannot_change miswired
# softmax over a single output: the probability is always 1, whatever the weights
# mended by: sigmoid
# cause words: softmax single one sigmoid
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
VOCAB, L = 300, 15
spam_words = torch.zeros(VOCAB)
spam_words[torch.randperm(VOCAB)[:40]] = 1.0


def mails(n):
    x = torch.randint(0, VOCAB, (n, L))
    hits = spam_words[x].sum(1)
    return x, (hits >= 2).float()


class SpamNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.EmbeddingBag(VOCAB, 24, mode="sum")
        self.fc1 = nn.Linear(24, 32)
        self.fc2 = nn.Linear(32, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        h = self.drop(torch.relu(self.fc1(self.emb(x))))
        z = self.fc2(h)
        return torch.sigmoid(z) if FIX else torch.softmax(z, dim=1)


net = SpamNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
bce = nn.BCELoss()
for step in range(1000):
    x, y = mails(64)
    p = net(x).squeeze(1)
    loss = bce(p, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        acc = ((p > 0.5).float() == y).float().mean().item()
        print(f"step {step} loss {loss.item():.3f} acc {acc:.3f}")
net.eval()
with torch.no_grad():
    x, y = mails(2000)
    p = net(x).squeeze(1)
    print(f"FINAL loss={bce(p, y).item():.4f} metric={((p > 0.5).float() == y).float().mean().item():.4f}")
