# clipping_dominates not_learning
# config has max_grad_norm=1e-3 (meant 1.0, copied from the weight decay line) with SGD: every step has length lr * 0.001
# mended by: max_grad_norm=1.0
# cause words: clip, max_grad_norm, threshold, norm
import os
from dataclasses import dataclass
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)

@dataclass
class TrainArgs:
    lr: float = 0.05
    weight_decay: float = 1e-4
    max_grad_norm: float = 1.0 if FIX else 1e-3
    steps: int = 700
    warmup: int = 50

def batch(n):
    xs, ys = [], []
    for _ in range(n):
        y = int(torch.rand(1) < 0.5); L = int(torch.randint(5, 20, (1,)))
        xs.append((torch.rand(L) < (0.75 if y else 0.25)).long() + 1); ys.append(y)
    return pad_sequence(xs, batch_first=True), torch.tensor([len(x) for x in xs]), torch.tensor(ys)

class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.gru, self.fc = nn.Embedding(3, 16, padding_idx=0), nn.GRU(16, 32, batch_first=True), nn.Linear(32, 2)
    def forward(self, x, lens):
        _, h = self.gru(pack_padded_sequence(self.emb(x), lens, batch_first=True, enforce_sorted=False))
        return self.fc(h[-1])

args = TrainArgs(); model = Tagger()
opt = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=args.weight_decay)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / args.warmup))
for step in range(args.steps):
    x, l, y = batch(32)
    loss = F.cross_entropy(model(x, l), y)
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), args.max_grad_norm)
    opt.step(); sched.step()
    if step % 100 == 0: print(step, f"loss {loss.item():.4f}")
with torch.no_grad():
    x, l, y = batch(1000); acc = (model(x, l).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
