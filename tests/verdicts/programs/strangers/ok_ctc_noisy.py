# healthy
# CTC: large loss and clipped steps at the start, then the loss wobbles between 0.1 and 0.3 for hundreds of small-batch SGD steps, infinite losses would be zeroed on purpose; the transcriptions are right
import torch
import torch.nn as nn
torch.manual_seed(0)
V, FEAT, T = 9, 16, 40
proto = torch.randn(V, FEAT)


def utt():
    n = int(torch.randint(3, 8, (1,)))
    t = torch.randint(1, V, (n,))
    x = 0.4 * torch.randn(T, FEAT)
    d = T // n
    for i, k in enumerate(t):
        x[i * d:i * d + d - 1] += proto[k]
    return x, t


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.sub = nn.Conv1d(FEAT, 48, 5, 2, 2)
        self.rnn = nn.GRU(48, 48, batch_first=True, bidirectional=True)
        self.out = nn.Linear(96, V)

    def forward(self, x):
        return self.out(self.rnn(torch.relu(self.sub(x.transpose(1, 2))).transpose(1, 2))[0]).log_softmax(-1)


data = [utt() for _ in range(600)]
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
ctc = nn.CTCLoss(zero_infinity=True)
for step in range(500):
    b = [data[i] for i in torch.randint(0, 600, (16,)).tolist()]
    lp = net(torch.stack([x for x, _ in b])).transpose(0, 1)
    tl = torch.tensor([len(t) for _, t in b])
    loss = ctc(lp, torch.cat([t for _, t in b]), torch.full((16,), lp.size(0)), tl)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 2.0)
    opt.step()
    if step % 50 == 0:
        print(step, loss.item())
ok = 0
with torch.no_grad():
    for _ in range(150):
        x, t = utt()
        p = torch.unique_consecutive(net(x[None])[0].argmax(-1))
        p = p[p != 0]
        ok += int(len(p) == len(t) and bool((p == t).all()))
print(f"FINAL loss={loss.item():.4f} metric={ok / 150:.3f}")
