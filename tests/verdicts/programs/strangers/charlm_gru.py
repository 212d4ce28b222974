# miswired
# logits of shape (B,T,V) are view()ed to (B,V,T) for CrossEntropyLoss instead of permuted, so vocabulary and time are mixed up
# mended by: transpose(1, 2)
# cause words: view reshape transpose permute dimension scrambled
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
TEXT = "the quick brown fox jumps over the lazy dog while seven wizards brew a potion for the sleeping queen. " * 60
chars = sorted(set(TEXT)); stoi = {c: i for i, c in enumerate(chars)}
ids = torch.tensor([stoi[c] for c in TEXT])
V, B, T = len(chars), 16, 24
class CharModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(V, 32)
        self.gru = nn.GRU(32, 96, batch_first=True)
        self.head = nn.Linear(96, V)
    def forward(self, x, h=None):
        o, h = self.gru(self.embed(x), h)
        return self.head(o), h
def get_batch():
    ix = torch.randint(0, len(ids) - T - 1, (B,))
    return torch.stack([ids[i:i + T] for i in ix]), torch.stack([ids[i + 1:i + T + 1] for i in ix])
model = CharModel()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
model.train()
for it in range(500):
    x, y = get_batch()
    logits, _ = model(x)
    logits = logits.transpose(1, 2) if FIX else logits.reshape(B, V, T)
    loss = criterion(logits, y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    opt.step()
    if it % 100 == 0:
        print(it, f"{loss.item():.3f}")
x, y = get_batch()
with torch.no_grad():
    acc = (model(x)[0].argmax(-1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
