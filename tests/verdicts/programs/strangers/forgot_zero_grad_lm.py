# miswired exploding_gradient
# optimizer.zero_grad() is never called, gradients of all earlier batches add up
# mended by: zeroing the gradients before each backward
# cause words: zero_grad accumulate accumulated zeroed cleared
import os
import torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
torch.set_num_threads(1)

V, L = 32, 20
trans = torch.softmax(3.0 * torch.randn(V, V), 1)


def sample(n):
    out = [torch.randint(0, V, (n,))]
    for _ in range(L):
        out.append(torch.multinomial(trans[out[-1]], 1).squeeze(1))
    return torch.stack(out, 1)


corpus = sample(2000)


class CharLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(V, 32)
        self.rnn = nn.GRU(32, 64, batch_first=True)
        self.out = nn.Linear(64, V)

    def forward(self, x):
        h, _ = self.rnn(self.embed(x))
        return self.out(h)


lm = CharLM()
opt = torch.optim.SGD(lm.parameters(), lr=0.5, momentum=0.5)
ce = nn.CrossEntropyLoss()
hist = []
for it in range(600):
    b = corpus[torch.randint(0, 2000, (48,))]
    x, y = b[:, :-1], b[:, 1:]
    if FIX:
        opt.zero_grad()
    logits = lm(x)
    loss = ce(logits.reshape(-1, V), y.reshape(-1))
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if it % 100 == 0:
        print("iter", it, "loss", round(loss.item(), 4), "ppl", round(min(loss.exp().item(), 1e9), 2))
acc = (logits.argmax(-1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-50:]) / 50:.4f} metric={acc:.4f}")
