# healthy
# prompt tuning: only 4 prompt vectors and a head are in the optimizer while the whole (random, fixed) backbone gets gradients; a long warm-up keeps the loss at chance for 500 steps and more, then it learns
# rule: G
import torch
import torch.nn as nn

torch.manual_seed(6)
V, E, T, K = 20, 32, 10, 4


def batch(n):
    y = torch.randint(K, (n,))
    x = torch.randint(K, V, (n, T))                 # filler tokens
    for j in range(3):                              # the class token three times, somewhere
        x[torch.arange(n), torch.randint(T, (n,))] = y
    return x, y


class Prompted(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, E)
        self.pos = nn.Parameter(torch.randn(1, T + 4, E) * 0.02)
        lay = nn.TransformerEncoderLayer(E, 4, 64, dropout=0.0, batch_first=True)
        self.body = nn.TransformerEncoder(lay, 2)
        self.prompt = nn.Parameter(torch.randn(1, 4, E) * 0.02)
        self.head = nn.Linear(4 * E, K)

    def forward(self, x):
        h = torch.cat([self.prompt.expand(len(x), -1, -1), self.emb(x)], 1) + self.pos
        return self.head(self.body(h)[:, :4].flatten(1))


net = Prompted()
nn.init.zeros_(net.head.weight)
nn.init.zeros_(net.head.bias)
opt = torch.optim.Adam([net.prompt, *net.head.parameters()], lr=1.5e-2)
STEPS, WARM = 1200, 550
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: 0.00002 * (1 + s / WARM) if s < WARM else 1 - 0.95 * (s - WARM) / (STEPS - WARM))
run = []
for step in range(STEPS):
    x, y = batch(64)
    loss = nn.functional.cross_entropy(net(x), y)
    net.zero_grad()                                 # the body's gradients are only looked at, never used
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f} body grad {net.emb.weight.grad.norm().item():.4f}")
net.eval()
with torch.no_grad():
    x, y = batch(2000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(run[-50:]) / 50:.4f} metric={acc:.4f} (accuracy, 4 classes)")
