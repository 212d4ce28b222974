# vanishing_gradient
# plain tanh RNN over 120 steps, the answer stands in the first tokens and only the last hidden state is read: no gradient comes back that far
# mended by: reading the maximum over all hidden states
# cause words: long sequence recurrent RNN steps time last hidden
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
VOCAB, T, NCLS = 20, 120, 4


def sample(n):
    x = torch.randint(NCLS, VOCAB, (n, T))
    y = torch.randint(0, NCLS, (n,))
    x[:, :4] = y[:, None]
    return x, y


class Classifier(nn.Module):
    def __init__(self, emb=16, hid=32):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, emb)
        self.rnn = nn.RNN(emb, hid, batch_first=True)
        self.fc = nn.Linear(hid, NCLS)

    def forward(self, x):
        out, h = self.rnn(self.emb(x))
        if FIX:
            return self.fc(out.max(1).values)
        return self.fc(out[:, -1])


model = Classifier()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
lossf = nn.CrossEntropyLoss()
hist = []
for step in range(500):
    x, y = sample(32)
    loss = lossf(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if (step + 1) % 100 == 0:
        print("step", step + 1, "loss", sum(hist[-100:]) / 100)
with torch.no_grad():
    x, y = sample(500)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-50:]) / 50:.4f} metric={acc:.4f}")
