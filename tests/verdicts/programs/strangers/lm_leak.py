# miswired
# a decoder-only language model without a causal mask: each position reads its own target at the next position, loss goes to 0 and generation (past only) is bad
# mended by: causal mask
# cause words: causal, mask, future, leak, next token, look ahead
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(20)
V, L, D = 16, 20, 48
table = torch.stack([torch.randperm(V)[:2] for _ in range(V)])    # 2 possible successors of each token

def text(n):
    s = [torch.randint(0, V, (n,))]
    for _ in range(L):
        s.append(table[s[-1], (torch.rand(n) < 0.3).long()])
    return torch.stack(s, 1)

class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, D), nn.Parameter(0.02 * torch.randn(L, D))
        layer = nn.TransformerEncoderLayer(D, 4, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(D, V)
    def forward(self, ids):
        n = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(n) if FIX else None
        return self.head(self.body(self.tok(ids) + self.pos[:n], mask=mask))

model = GPT()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.95))
sch = torch.optim.lr_scheduler.LinearLR(opt, 0.1, 1.0, 40)
for step in range(480):
    s = text(24)
    loss = F.cross_entropy(model(s[:, :-1]).flatten(0, 1), s[:, 1:].flatten())
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step(); sch.step()
    if step % 50 == 0: print(f"step {step} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():                                  # as in generation: only the past is there (entropy 0.611)
    s = text(300)
    nll = sum(F.cross_entropy(model(s[:, :n])[:, -1], s[:, n]).item() for n in range(1, 16)) / 15
print(f"FINAL loss={loss.item():.4f} metric={nll:.3f}")
