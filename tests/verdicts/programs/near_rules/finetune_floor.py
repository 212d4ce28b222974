# healthy
# pretraining with Adam, then finetuning by SGD at a tiny rate: the second training starts at its floor already and its loss does not fall any more, it only averages out noise; the model is good before and after
# rule: M
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(83)
torch.set_num_threads(1)
D, BS = 20, 128
w1, w2 = torch.randn(D) / D ** 0.5, torch.randn(D) / D ** 0.5


def batch(n, offset=0.0):
    x = torch.randn(n, D)
    clean = torch.sin(1.5 * x @ w1) + (x @ w2) + offset
    return x, clean + 0.5 * torch.randn(n), clean


@torch.no_grad()
def r2(model, offset):
    x, _, clean = batch(5000, offset)
    return 1 - ((model(x).squeeze(1) - clean) ** 2).mean().item() / clean.var().item()


def train(model, opt, steps, offset, name):
    hist = []
    for step in range(steps):
        x, y, _ = batch(BS, offset)
        loss = F.mse_loss(model(x).squeeze(1), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hist.append(loss.item())
        if (step + 1) % 100 == 0:
            print(name, step + 1, f"{sum(hist[-100:]) / 100:.4f}")
    return sum(hist[-100:]) / 100


model = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1))
pre = torch.optim.Adam(model.parameters(), lr=1e-3)
train(model, pre, 1300, 0.0, "pretrain")
print(f"R2 after pretraining {r2(model, 0.0):.4f}")

# the target site differs by two hundredths only: a gentle finetuning
fine = torch.optim.SGD(model.parameters(), lr=1e-5, momentum=0.9)
last = train(model, fine, 600, 0.02, "finetune")
print(f"FINAL loss={last:.4f} metric={r2(model, 0.02):.4f} (R2 against the clean target; noise floor 0.25)")
