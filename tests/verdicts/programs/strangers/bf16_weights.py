# not_learning plateau
# the whole model, weights too, is bfloat16, and Adam's step of 1e-3 is below half a bf16 spacing of weights near 1: updates are rounded away
# mended by: float32 weights
# cause words: bfloat16, bf16, rounding, rounded, precision, master weights
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
WORDS, DIM = 80, 12
left, right = torch.randn(WORDS, 4), torch.randn(WORDS, 4)
log_count = left @ right.t() / 1.5


class GloVe(nn.Module):
    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(WORDS, DIM)
        self.context = nn.Embedding(WORDS, DIM)

    def forward(self, i, j):
        return (self.word(i) * self.context(j)).sum(1)


model = GloVe()
if not FIX:
    model = model.to(torch.bfloat16)  # halves the memory
opt = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.99))
avg = None
for step in range(3000):
    i, j = torch.randint(0, WORDS, (512,)), torch.randint(0, WORDS, (512,))
    loss = F.mse_loss(model(i, j).float(), log_count[i, j])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    avg = loss.item() if avg is None else 0.98 * avg + 0.02 * loss.item()
    if step % 300 == 0:
        print(f"step {step:5d} loss {loss.item():.4f} avg {avg:.4f}")

with torch.no_grad():
    i, j = torch.meshgrid(torch.arange(WORDS), torch.arange(WORDS), indexing="ij")
    pred = model(i.flatten(), j.flatten()).float()
    r2 = 1 - F.mse_loss(pred, log_count.flatten()) / log_count.var()
print(f"FINAL loss={avg:.4f} metric={r2.item():.3f}")
