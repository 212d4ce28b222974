# miswired not_learning plateau
# nn.TransformerEncoderLayer gets (batch, time, dim) but was built without batch_first=True: it attends across the batch
# mended by: batch_first=True
# cause words: batch_first axis dimension batch attention
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)
class Config:
    vocab = 24; d_model = 32; heads = 4; layers = 1; max_len = 12; lr = 2e-3; steps = 900; bs = 64
cfg = Config()
class Encoder(nn.Module):
    """does the marked token occur a second time?  needs talk between positions"""
    def __init__(self, cfg):
        super().__init__()
        self.tok = nn.Embedding(cfg.vocab, cfg.d_model)
        self.pos = nn.Parameter(0.02 * torch.randn(1, cfg.max_len, cfg.d_model))
        kw = {"batch_first": True} if FIX else {}
        layer = nn.TransformerEncoderLayer(cfg.d_model, cfg.heads, 64, dropout=0.0, **kw)
        self.enc = nn.TransformerEncoder(layer, cfg.layers, enable_nested_tensor=False)
        self.cls = nn.Linear(cfg.d_model, 8)
    def forward(self, ids):
        return self.cls(self.enc(self.tok(ids) + self.pos)[:, 0])
def batch(n):
    x = torch.randint(8, cfg.vocab, (n, cfg.max_len))
    y = torch.randint(0, 8, (n,))
    p = torch.randint(1, cfg.max_len, (n,))
    x[torch.arange(n), p] = y              # one of the eight key tokens hides somewhere, the first position has to report it
    return x, y
model = Encoder(cfg)
opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
lossf = nn.CrossEntropyLoss()
for step in range(cfg.steps):
    x, y = batch(cfg.bs)
    loss = lossf(model(x), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print("step", step, "loss", f"{loss.item():.4f}")
model.eval()
with torch.no_grad():
    x, y = batch(1000)
    acc = (model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f}")
