# miswired plateau
# after the resume the model is built anew but the optimizer keeps the parameters of the old object: nothing in the new model moves
# mended by: building the optimizer on the resumed model
# cause words: optimizer old parameters resume rebuilt stale
import os, io, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)

class CharGRU(nn.Module):
    def __init__(self, v=12, d=48):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)
    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0])

def sequences(n, L=20):
    a, b = torch.randint(0, 12, (n,)), torch.randint(1, 6, (n,))
    return (a[:, None] + b[:, None] * torch.arange(L)) % 12

def make():
    model = CharGRU()
    return model, torch.optim.AdamW(model.parameters(), lr=3e-3)

def epoch(model, opt, steps):
    for k in range(steps):
        x = sequences(32)
        loss = F.cross_entropy(model(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()

model, opt = make()
epoch(model, opt, 15)
buf = io.BytesIO()
torch.save({"model": model.state_dict(), "opt": opt.state_dict()}, buf)
buf.seek(0)
ck = torch.load(buf)
model = CharGRU()
model.load_state_dict(ck["model"])
if FIX:
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
opt.load_state_dict(ck["opt"])
for e in range(10):
    print("epoch", e, epoch(model, opt, 30))
x = sequences(500)
with torch.no_grad():
    o = model(x[:, :-1])
print(f"FINAL loss={F.cross_entropy(o.flatten(0, 1), x[:, 1:].flatten()).item():.4f} metric={(o.argmax(-1) == x[:, 1:]).float().mean().item():.4f}")
