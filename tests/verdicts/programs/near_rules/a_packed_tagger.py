# healthy
# a packed, bidirectional, time-major LSTM tagger with as many sentences as steps (16 and 16) and permutes to and fro, its loss over T*B flat rows: each sentence still has its own run
# rule: A
import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(1)
B = T = 16
V, K = 9, 3


def batch(n=B):
    lengths = torch.randint(T // 2, T + 1, (n,))
    lengths[0] = T
    x = torch.randint(1, V + 1, (n, T))
    valid = torch.arange(T)[None] < lengths[:, None]
    x = x * valid
    left = F.pad(x, (1, 0))[:, :-1]
    right = F.pad(x, (0, 1))[:, 1:]
    y = (left > V // 2).long() + (right > V // 2).long()
    return x, lengths, y.masked_fill(~valid, -100)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V + 1, 24, padding_idx=0)
        self.lstm = nn.LSTM(24, 24, bidirectional=True)
        self.out = nn.Linear(48, K)

    def forward(self, x, lengths):
        e = self.emb(x).permute(1, 0, 2)
        packed = pack_padded_sequence(e, lengths, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.lstm(packed)[0], total_length=T)
        return self.out(h)                       # [T, B, K]


net = Tagger()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(320):
    x, n, y = batch()
    logits = net(x, n)
    loss = F.cross_entropy(logits.reshape(T * B, K), y.t().reshape(T * B), ignore_index=-100)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, n, y = batch(200)
    hit = net(x, n).argmax(-1).t()[y >= 0] == y[y >= 0]
print(f"FINAL loss={loss.item():.4f} metric={hit.float().mean().item():.4f} (accuracy, held out)")
