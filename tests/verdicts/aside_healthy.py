"""Ten healthy cases written aside: when the rules had been settled, and before anyone saw what the
doctor makes of these."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts import data, nets
from tests.verdicts.case import Register
from tests.verdicts.loops import train

R = Register([], held_out=True)


@R.healthy("aside: NAdam, ELU")
def nadam(seed: int) -> None:
    net = nets.Softly(4, act=nn.ELU)
    train(net, data.digits(), torch.optim.NAdam(net.parameters(), 2e-3), 150)


@R.healthy("aside: log-softmax and NLL, Adadelta")
def adadelta(seed: int) -> None:
    net = nn.Sequential(nets.Softly(2), nn.LogSoftmax(dim=1))
    train(net, data.digits(), torch.optim.Adadelta(net.parameters()), 150, loss=F.nll_loss)


@R.healthy("aside: warm restarts")
def restarts(seed: int) -> None:
    net = nets.Softly(3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.15, momentum=0.8)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 50)
    train(net, data.digits(), optimizer, 200, schedule=schedule)


@R.healthy("aside: LSTM cell by hand, two layers, Adam")
def cells(seed: int) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.low, self.high = nn.LSTMCell(8, 24), nn.LSTMCell(24, 24)
            self.out = nn.Linear(24, 10)

        def forward(self, x: Tensor) -> Tensor:
            a = b = None
            for t in range(x.shape[1]):
                a = self.low(x[:, t], a)
                b = self.high(a[0], b)
            assert b is not None
            return self.out(b[0])

    net = Net()
    train(net, data.rows(), torch.optim.Adam(net.parameters(), 5e-3), 100)


@R.healthy("aside: distillation with a temperature")
def distillation(seed: int) -> None:
    teacher, net = nets.Softly(3), nets.Softly(2, 24)
    optimizer, draw = torch.optim.Adam(net.parameters(), 2e-3), data.digits()
    for _ in range(150):
        x, y = draw()
        with torch.no_grad():
            soft = F.softmax((teacher(x) + 4 * F.one_hot(y, 10)) / 3, 1)
        loss = 9 * F.kl_div(F.log_softmax(net(x) / 3, 1), soft, reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@R.healthy("aside: mixture of four experts, one at a time")
def experts(seed: int) -> None:
    parts = nn.ModuleList(nets.mlp(2, 32) for _ in range(4))
    optimizer, draw = torch.optim.Adam(parts.parameters(), 2e-3), data.digits(32)
    for step in range(160):
        x, y = draw()
        optimizer.zero_grad()
        F.cross_entropy(parts[step % 4](x), y).backward()
        optimizer.step()


@R.healthy("aside: counts, Poisson loss")
def counts(seed: int) -> None:
    x = torch.randn(512, 6)
    y = torch.poisson(torch.exp(0.6 * x[:, :1] + 1.0))
    net = nets.mlp(3, 32, sizes=(6, 1))
    loss = nn.PoissonNLLLoss()
    train(net, data.batches(x, y, 32), torch.optim.Adam(net.parameters(), 3e-3), 200, loss=loss)


@R.healthy("aside: embeddings by skip-gram, sparse targets")
def embeddings(seed: int) -> None:
    table, out = nn.Embedding(200, 16), nn.Linear(16, 200)
    net = nn.Sequential(table, out)
    word = torch.randint(0, 200, (2000,))
    near = (word * 7 + torch.randint(0, 3, (2000,))) % 200
    train(net, data.batches(word, near, 64), torch.optim.Adam(net.parameters(), 1e-2), 200)


@R.healthy("aside: ridge regression by SGD on house-like features")
def ridge(seed: int) -> None:
    x = torch.randn(600, 12)
    y = x @ torch.randn(12, 1) * 3 + 10 + torch.randn(600, 1)
    net = nn.Linear(12, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.03, weight_decay=0.01)
    train(net, data.batches(x, y, 32), optimizer, 200, loss=F.mse_loss)


@R.healthy("aside: physics: a function and its slope by double backward")
def slope(seed: int) -> None:
    net = nets.mlp(4, 32, sizes=(1, 1), act=nn.Tanh)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(200):
        t = (3 * torch.rand(64, 1)).requires_grad_()
        u = net(t)
        (rate,) = torch.autograd.grad(u.sum(), t, create_graph=True)
        loss = (rate + u).square().mean() + (net(torch.zeros(1, 1)) - 1).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
