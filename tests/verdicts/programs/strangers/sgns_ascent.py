# exploding_gradient miswired nonfinite
# skip-gram: the log-likelihood itself is minimised (the minus is missing), the embeddings run away and co-occurring words are pushed apart
# mended by: the minus sign
# cause words: sign minus negative likelihood loss flipped
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, TOPICS = 60, 6
topic = torch.arange(V) % TOPICS


def corpus(n):
    t = torch.randint(0, TOPICS, (n,))
    pick = lambda: t + TOPICS * torch.randint(0, V // TOPICS, (n,))
    c, o = pick(), pick()
    noise = torch.rand(n) < 0.2
    return c, torch.where(noise, torch.randint(0, V, (n,)), o)


class SkipGram(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.u, self.v = nn.Embedding(V, d), nn.Embedding(V, d)
        nn.init.uniform_(self.u.weight, -0.5 / d, 0.5 / d)
        nn.init.uniform_(self.v.weight, -0.5 / d, 0.5 / d)

    def forward(self, c, o, neg):
        u = self.u(c)
        pos = F.logsigmoid((u * self.v(o)).sum(1))
        ng = F.logsigmoid(-(self.v(neg) @ u[:, :, None])[..., 0]).sum(1)
        score = (pos + ng).mean()
        return -score if FIX else score


model = SkipGram()
opt = torch.optim.SGD(model.parameters(), lr=2.0)
for step in range(2500):
    c, o = corpus(128)
    loss = model(c, o, torch.randint(0, V, (128, 4)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 400 == 0:
        print(f"step {step} loss {loss.item():.4f}")
w = F.normalize(model.u.weight.detach(), dim=1)
sim = w @ w.t() - 2 * torch.eye(V)
hit = (topic[sim.argmax(1)] == topic).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={hit:.3f}")
