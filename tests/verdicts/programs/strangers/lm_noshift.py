# miswired
# the target is the same token as the input, not the next one: the language model learns to copy, the loss goes to 0
# mended by: logits[:, :-1] against ids[:, 1:]
# cause words: shift, next token, copy, same token
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(31)
V, T = 20, 24
successor = torch.stack([torch.randperm(V) for _ in range(3)])


def corpus(n):
    mode = torch.randint(0, 3, (n,))
    ids = torch.zeros(n, T, dtype=torch.long)
    ids[:, 0] = torch.randint(0, V, (n,))
    for t in range(1, T):
        ids[:, t] = successor[mode, ids[:, t - 1]]
    return ids


class GPT(nn.Module):
    def __init__(self, d=48, heads=4, layers=2):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, d), nn.Embedding(T, d)
        layer = nn.TransformerEncoderLayer(d, heads, 2 * d, dropout=0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(d, V, bias=False)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(T))

    def forward(self, ids):
        h = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        return self.head(self.blocks(h, mask=self.mask[:ids.shape[1], :ids.shape[1]]))


model = GPT()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95))
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=3e-3, total_steps=350)
for step in range(350):
    ids = corpus(32)
    logits = model(ids)
    if FIX:
        loss = F.cross_entropy(logits[:, :-1].reshape(-1, V), ids[:, 1:].reshape(-1))
    else:
        loss = F.cross_entropy(logits.reshape(-1, V), ids.reshape(-1))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    ids = corpus(300)
    nxt = model(ids[:, :-1]).argmax(-1)[:, 5:]
    acc = (nxt == ids[:, 6:]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
