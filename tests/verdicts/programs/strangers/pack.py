# miswired not_learning
# packed language modelling: the dataset already shifts the labels by one and the model shifts them again inside its loss, so it learns to predict the token after next
# mended by: giving the unshifted tokens as labels to the model that shifts itself
# cause words: shift shifted twice label double off-by-one next token
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14); torch.set_num_threads(1)

@dataclass
class GPTConfig:
    vocab: int = 20
    d: int = 48
    heads: int = 4
    layers: int = 2
    block: int = 32
    bos: int = 0

cfg = GPTConfig()
trans = torch.softmax(3.5 * torch.randn(cfg.vocab - 1, cfg.vocab - 1), -1)

def document():
    n = int(torch.randint(6, 25, ()))
    t = [int(torch.randint(0, cfg.vocab - 1, ()))]
    for _ in range(n):
        t.append(int(torch.multinomial(trans[t[-1]], 1)))
    return [cfg.bos] + [i + 1 for i in t]

class Packed(torch.utils.data.Dataset):
    """concatenates documents to a stream, cuts it to blocks"""
    def __init__(self, n):
        stream = []
        while len(stream) < n * cfg.block + 1:
            stream += document()
        self.s, self.n = torch.tensor(stream), n
    def __len__(self):
        return self.n
    def __getitem__(self, i):
        a = i * cfg.block
        ids = self.s[a:a + cfg.block]
        labels = ids.clone() if FIX else self.s[a + 1:a + cfg.block + 1].clone()
        return dict(input_ids=ids, labels=labels, seg=(ids == cfg.bos).long().cumsum(0))

class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(cfg.vocab, cfg.d), nn.Embedding(cfg.block, cfg.d)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(cfg.d, cfg.heads, 2 * cfg.d, 0.0, batch_first=True, norm_first=True)
                                    for _ in range(cfg.layers))
        self.ln, self.head = nn.LayerNorm(cfg.d), nn.Linear(cfg.d, cfg.vocab)
    def forward(self, input_ids, seg, labels=None):
        L = input_ids.shape[1]
        h = self.tok(input_ids) + self.pos.weight[:L]
        block = torch.triu(torch.ones(L, L, dtype=torch.bool), 1) | (seg[:, :, None] != seg[:, None])
        block = block.repeat_interleave(cfg.heads, 0)
        for l in self.layers:
            h = l(h, src_mask=block)
        logits = self.head(self.ln(h))
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].reshape(-1, cfg.vocab), labels[:, 1:].reshape(-1))
        return logits, loss

train, test = Packed(2000), Packed(100)
model = GPT()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(.9, .95), weight_decay=0.01)
loader = torch.utils.data.DataLoader(train, 32, shuffle=True)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=6 * len(loader))
for ep in range(6):
    for b in loader:
        _, loss = model(**b)
        opt.zero_grad(); loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step(); sched.step()
    print(f"epoch {ep} loss {loss.item():.4f}")
with torch.no_grad():
    b = torch.utils.data.default_collate([test[i] for i in range(100)])
    lg, _ = model(b["input_ids"], b["seg"])
    acc = (lg[:, :-1].argmax(-1) == b["input_ids"][:, 1:]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
