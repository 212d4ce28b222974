# exploding_gradient nonfinite plateau oscillating_loss
# The linear warmup is never capped at 1, so the learning rate grows without end and ruins the model.
# mended by: Cap the warmup factor with min(1, (step+1)/warmup).
import collections
import os
import random

import torch
import torch.nn as nn

random.seed(3)
torch.manual_seed(3)


def toy_text(n):
    stems = ["walk", "talk", "play", "jump", "climb", "open", "paint"]
    ends = ["ing", "ed", "er", "s", ""]
    who = ["she", "he", "they", "we", "nobody"]
    return " ".join(random.choice(who) + " " + random.choice(stems) + random.choice(ends) for _ in range(n))


def learn_merges(seq, count):
    merges = []
    for _ in range(count):
        pairs = collections.Counter(zip(seq, seq[1:]))
        best = pairs.most_common(1)[0][0]
        merges.append(best)
        out, i = [], 0
        while i < len(seq):
            if i + 1 < len(seq) and (seq[i], seq[i + 1]) == best:
                out.append(seq[i] + seq[i + 1])
                i += 2
            else:
                out.append(seq[i])
                i += 1
        seq = out
    return merges, seq


merges, pieces = learn_merges(list(toy_text(2500)), 25)
itos = sorted(set(pieces))
lookup = {p: i for i, p in enumerate(itos)}
stream = torch.tensor([lookup[p] for p in pieces])
V, T, B = len(itos), 24, 12

body = nn.TransformerEncoder(
    nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True), 3, enable_nested_tensor=False
)
tok, pos, head = nn.Embedding(V, 64), nn.Parameter(torch.randn(T, 64) * 0.02), nn.Linear(64, V)
mask = nn.Transformer.generate_square_subsequent_mask(T)

params = [*body.parameters(), *tok.parameters(), pos, *head.parameters()]
optimizer = torch.optim.AdamW(params, lr=2e-3, weight_decay=0.01)

WARMUP = 10
if os.environ.get("FIX") == "1":
    schedule = lambda s: min(1.0, (s + 1) / WARMUP)
else:
    schedule = lambda s: (s + 1) / WARMUP
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)

running = None
for step in range(220):
    at = torch.randint(0, len(stream) - T - 1, (B,))
    x = torch.stack([stream[a : a + T] for a in at])
    y = torch.stack([stream[a + 1 : a + T + 1] for a in at])
    h = body(tok(x) + pos, mask=mask, is_causal=True)
    loss = nn.functional.cross_entropy(head(h).transpose(1, 2), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    running = loss.item() if running is None else 0.95 * running + 0.05 * loss.item()
    if step % 30 == 0:
        print("step", step, "loss %.3f" % loss.item(), "avg %.3f" % running)
print("final avg", round(running, 3), "vocab", V)
