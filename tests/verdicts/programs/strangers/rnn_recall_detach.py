# miswired vanishing_gradient
# the hidden state is detached at every time step, so no gradient flows back to the first token, which decides the label
# mended by: not detaching inside the time loop
# cause words: detach detached hidden through time
import os
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5); torch.set_num_threads(1)

K, T, HID = 8, 20, 64


class Classifier(nn.Module):
    """label = first symbol of the sequence, the rest is noise"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(K * 2, 24)
        self.cell = nn.LSTMCell(24, HID)
        self.fc = nn.Linear(HID, K)
        nn.init.constant_(self.cell.bias_ih[HID:2 * HID], 1.5)   # forget gate open

    def forward(self, tokens):
        h = torch.zeros(tokens.size(0), HID)
        c = torch.zeros(tokens.size(0), HID)
        for step in range(tokens.size(1)):
            h, c = self.cell(self.emb(tokens[:, step]), (h, c))
            if not FIX:
                # "RuntimeError: Trying to backward through the graph a second time" -> detach
                h, c = h.detach(), c.detach()
        return self.fc(h)


def batch(n=64):
    first = torch.randint(0, K, (n, 1))
    rest = torch.randint(K, 2 * K, (n, T - 1))
    return torch.cat([first, rest], 1), first.squeeze(1)


model = Classifier()
opt = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=5e-3)
losses, accs = [], []
for i in range(900):
    x, y = batch()
    logits = model(x)
    loss = nn.functional.cross_entropy(logits, y)
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 5.0)
    opt.step()
    losses.append(loss.item()); accs.append((logits.argmax(1) == y).float().mean().item())
    if i % 150 == 0:
        print(f"{i:5d} loss {loss.item():.4f} acc {accs[-1]:.3f}")
print(f"FINAL loss={sum(losses[-50:]) / 50:.4f} metric={sum(accs[-50:]) / 50:.4f}")
