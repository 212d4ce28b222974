# healthy
# looks suspicious: the loss jumps up each time the curriculum gets harder (longer sequences); accuracy on the full task ends high
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(45)
torch.set_num_threads(1)

class Parity(nn.Module):

    def __init__(self, h=32):
        super().__init__()
        self.rnn, self.out = (nn.GRU(1, h, batch_first=True), nn.Linear(h, 2))

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])

class Curriculum:

    def __init__(self, start=2, stop=14):
        self.L, self.stop, self.acc = (start, stop, 0.0)

    def sample(self, n=64):
        b = torch.randint(0, 2, (n, self.L))
        return (b[..., None].float() * 2 - 1, b.sum(1) % 2)

    def report(self, acc):
        self.acc = 0.9 * self.acc + 0.1 * acc
        if self.acc > 0.95 and self.L < self.stop:
            self.L += 2
            self.acc = 0.5
            print(f'  -> length {self.L}')
net, cur = (Parity(), Curriculum())
opt = torch.optim.Adam(net.parameters(), lr=0.005)
for s in range(1500):
    x, y = cur.sample()
    lg = net(x)
    loss = F.cross_entropy(lg, y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    cur.report((lg.argmax(1) == y).float().mean().item())
    if s % 100 == 0:
        print(f'step {s} L {cur.L} ce {loss.item():.4f}')
x, y = cur.sample(1000)
print(f'FINAL loss={loss.item():.4f} metric={(net(x).argmax(1) == y).float().mean():.4f}')
