# healthy
# most of the network (backbone with its batch norms) is frozen on purpose and in eval mode, only a small linear head trains
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0); torch.set_num_threads(1)


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveAvgPool2d(3), nn.Flatten())

    def forward(self, x):
        return self.net(x)


protos = torch.randn(20, 1, 10, 10)
def make(classes, n):
    y = torch.randint(0, len(classes), (n,))
    return TensorDataset(protos[torch.tensor(classes)[y]] + 0.5 * torch.randn(n, 1, 10, 10), y)


def run(model, params, ds, epochs, lr, keep_eval=None):
    opt = torch.optim.AdamW(params, lr=lr)
    for ep in range(epochs):
        model.train()
        if keep_eval is not None:
            keep_eval.eval()
        tot = hit = 0
        for x, y in DataLoader(ds, 50, shuffle=True):
            out = model(x)
            loss = nn.functional.cross_entropy(out, y)
            opt.zero_grad(); loss.backward(); opt.step()
            tot += loss.item() * len(y); hit += (out.argmax(1) == y).sum().item()
        print(f"  epoch {ep} loss {tot / len(ds):.4f} acc {hit / len(ds):.3f}")
    return tot / len(ds), hit / len(ds)


bb = Backbone()
print("pretraining")
pre = nn.Sequential(bb, nn.Linear(216, 12))
run(pre, pre.parameters(), make(list(range(12)), 2500), 2, 3e-3)
for p in bb.parameters():
    p.requires_grad_(False)
print("linear probe on new classes")
model = nn.Sequential(bb, nn.Linear(216, 8))
loss, acc = run(model, model[1].parameters(), make(list(range(12, 20)), 2500), 6, 3e-3, keep_eval=bb)
print(f"FINAL loss={loss:.4f} metric={acc:.4f}")
