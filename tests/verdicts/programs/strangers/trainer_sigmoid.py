# vanishing_gradient saturated
# the config asks for activation "sigmoid" in a ten-layer regressor with PyTorch's default init: the gradient shrinks at each layer and the early ones do not move
# mended by: activation "silu" with residual blocks (and the lower lr that these need)
# cause words: sigmoid, activation, deep, layers, residual, vanish
import os
from dataclasses import dataclass
import torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)

@dataclass
class TrainConfig:
    depth: int = 10
    width: int = 48
    activation: str = "silu" if FIX else "sigmoid"
    residual: bool = FIX
    lr: float = 0.02
    momentum: float = 0.9
    epochs: int = 15
    batch_size: int = 64

ACTS = {"sigmoid": nn.Sigmoid, "silu": nn.SiLU, "relu": nn.ReLU}

class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.lin, self.act, self.res = nn.Linear(cfg.width, cfg.width), ACTS[cfg.activation](), cfg.residual
    def forward(self, x):
        h = self.act(self.lin(x))
        return x + h if self.res else h

class Model(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.inp = nn.Linear(8, cfg.width)
        self.blocks = nn.Sequential(*[Block(cfg) for _ in range(cfg.depth)])
        self.out = nn.Linear(cfg.width, 1)
    def forward(self, x): return self.out(self.blocks(self.inp(x)))

class Trainer:
    def __init__(self, cfg, model, train, val):
        self.cfg, self.model, self.train, self.val = cfg, model, train, val
        self.opt = torch.optim.SGD(model.parameters(), lr=cfg.lr if not cfg.residual else 0.008, momentum=cfg.momentum)
        self.loss_fn = nn.MSELoss()
    def fit(self):
        for ep in range(self.cfg.epochs):
            for x, y in self.train:
                self.opt.zero_grad()
                loss = self.loss_fn(self.model(x), y)
                loss.backward(); self.opt.step()
            print(f"epoch {ep} loss {loss.item():.4f}")
        return loss.item()
    @torch.no_grad()
    def evaluate(self):
        x, y = self.val
        return 1 - (self.loss_fn(self.model(x), y) / y.var()).item()

def data(n):
    x = torch.rand(n, 8) * 2 - 1
    y = (torch.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3]).unsqueeze(1)
    return x, y

cfg = TrainConfig()
tr = Trainer(cfg, Model(cfg), DataLoader(TensorDataset(*data(3000)), cfg.batch_size, shuffle=True), data(500))
last = tr.fit()
print(f"FINAL loss={last:.4f} metric={tr.evaluate():.4f}")
